#!/bin/sh
# What the tests of the image, the chart, the documentation and the release need besides what `make test` needs.
set -eu
has() { command -v "$1" >/dev/null; }
missing=
for tool in buildah podman runc mmdebstrap; do
  has "$tool" || missing="$missing $tool"
done
has etcd || missing="$missing etcd-server"
if [ -z "$missing" ]; then
  exit 0
fi
line="apt-get update && apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  exec sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $line"
elif has sudo && sudo -n true 2>/dev/null; then
  exec sudo sh -c "$line"
fi
echo "Missing:$missing; run as root: $line" >&2
exit 1
