# The digest is that of the image index (amd64, arm64 and others) under this tag; the build needs nothing of it but a
# python3 with venv and pip, the final stage a python3 at the same place.
ARG BASE_IMAGE=docker.io/library/python:3.13.15-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Dependencies in a layer of their own: wheels only, and only those whose hashes are known.
COPY requirements.txt requirements-build.txt ./
RUN python3 -m venv /build \
 && /build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.txt \
 && python3 -m venv --without-pip /opt/kafka-mirror-exporter \
 && /build/bin/pip --python /opt/kafka-mirror-exporter/bin/python install --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /build/bin/pip --python /opt/kafka-mirror-exporter/bin/python install --no-deps --no-index /wheels/*.whl \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/kafka-mirror-exporter/lib \
 && mkdir /state

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE_URL=https://source.example/kafka-mirror-exporter
LABEL org.opencontainers.image.title="Kafka Mirror Exporter" \
      org.opencontainers.image.description="Prometheus exporter that measures, for every partition, how far a Kafka mirror is behind: in records and in seconds" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.url="${SOURCE_URL}" \
      org.opencontainers.image.documentation="${SOURCE_URL}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
# Nothing is installed here any more: what installs is taken out of sight of scanners and of intruders.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip*
COPY --from=build /opt/kafka-mirror-exporter /opt/kafka-mirror-exporter
# The one place that the user may write to, where a volume or the file system lets it: a new volume takes this owner over.
COPY --from=build --chown=65532:65532 /state /var/lib/kafka-mirror-exporter
ENV PATH=/opt/kafka-mirror-exporter/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KAFKA_MIRROR_EXPORTER_REVISION=${REVISION} \
    HEALTHCHECK_URL=http://127.0.0.1:10015/-/healthy
USER 65532:65532
WORKDIR /var/lib/kafka-mirror-exporter
EXPOSE 10015
# The certificate of an exporter with TLS is not checked: this never leaves the loopback.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python3", "-c", "import os, ssl, urllib.request as r; r.urlopen(os.environ['HEALTHCHECK_URL'], timeout=4, context=ssl._create_unverified_context())"]
ENTRYPOINT ["kafka-mirror-exporter"]
CMD ["serve", "--config.file", "/etc/kafka-mirror-exporter/config.yaml"]
