"""A user's life with the chart on a real API server, where the namespace enforces the `restricted` standard."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rig.api_server import ApiServer
from rig.helm import CHART, helm
from rig.kubeconform import operator_crds
from rig.process import wait_until

KINDS = (
    "alertmanagerconfigs,configmaps,deployments,networkpolicies,persistentvolumeclaims,poddisruptionbudgets,"
    "podmonitors,pods,prometheusrules,secrets,serviceaccounts,services,servicemonitors"
)
MIRRORMAKER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: mirrormaker}
spec:
  selector: {matchLabels: {app: mirrormaker}}
  template:
    metadata: {labels: {app: mirrormaker}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: mirrormaker
          image: kafka:3.2.0
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with ApiServer(tmp_path_factory.mktemp("kubernetes")) as started:
        # Definitions of this size do not fit into the annotation of a client-side apply.
        started.kubectl("create", "--filename", operator_crds())
        started.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        yield started


@pytest.fixture
def namespace(server: ApiServer, request: pytest.FixtureRequest) -> str:
    """A fresh one; its default account is made by hand, for the controller that makes it does not run."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name.lower()).strip("-")[-60:].strip("-")
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    server.kubectl("create", "--filename", "-", stdin=json.dumps(made))
    server.kubectl("create", "serviceaccount", "default", "--namespace", name)
    return name


class Release:
    """The chart in a namespace."""

    def __init__(self, server: ApiServer, namespace: str, major: str) -> None:
        self._server, self._namespace, self._helm = server, namespace, helm(major)

    def do(self, *arguments: str | Path) -> str:
        """What helm says; it may neither fail nor warn."""
        done = self._server.call(self._helm, *arguments, "--namespace", self._namespace)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    def objects(self) -> list[Mapping[str, Any]]:
        """All that is there, but for what the namespace is born with."""
        listed = self._server.kubectl("get", KINDS, "--namespace", self._namespace, "--output", "json")
        items: list[Mapping[str, Any]] = json.loads(listed)["items"]
        return [i for i in items if i["metadata"]["name"] not in ("default", "kube-root-ca.crt")]

    def create(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the server would store; admission is asked, nothing is kept."""
        given = ("create", "--dry-run=server", "--output", "json", "--namespace", self._namespace)
        made: Mapping[str, Any] = json.loads(
            self._server.kubectl(*given, "--filename", "-", stdin=json.dumps(manifest))
        )
        return made


def test_installed_upgraded_and_gone_without_a_word(
    server: ApiServer, namespace: str, values: Path, major: str
) -> None:
    release = Release(server, namespace, major)

    said = release.do("install", "lag", CHART, "--values", values)
    assert "STATUS: deployed" in said
    before = {(made["kind"], made["metadata"]["name"]) for made in release.objects()}
    assert any(name.startswith(("lag", "mirror-lag")) for _, name in before)

    release.do("upgrade", "lag", CHART, "--values", values, "--set", "podAnnotations.upgraded=yes")
    after = release.objects()
    assert {(made["kind"], made["metadata"]["name"]) for made in after} - before <= {
        ("Secret", "sh.helm.release.v1.lag.v2")
    }
    for made in after:
        if made["kind"] == "Deployment":
            template = made["spec"]["template"]
            assert template["metadata"]["annotations"]["upgraded"] == "yes"
            pod = {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"]}
            release.create(pod | {"metadata": {"name": "as-the-deployment-makes-it"}})

    release.do("uninstall", "lag")
    wait_until(lambda: not release.objects(), seconds=30, what="everything is gone")


@pytest.mark.parametrize("name", ["two-addresses", "web-tls", "all-else"])
def test_the_pod_of_helm_test_is_admitted(server: ApiServer, namespace: str, name: str) -> None:
    release = Release(server, namespace, "4")
    rendered = release.do("template", "lag", CHART, "--values", CHART / "ci" / f"{name}-values.yaml")
    (pod,) = [made for made in yaml.safe_load_all(rendered) if made and made["kind"] == "Pod"]

    assert release.create(pod)["metadata"]["annotations"]["helm.sh/hook"] == "test"


def test_the_printed_snippet_is_added_to_mirrormaker(
    server: ApiServer, namespace: str, tmp_path: Path
) -> None:
    release = Release(server, namespace, "4")
    said = release.do("install", "lag", CHART, "--values", CHART / "ci" / "sidecar-values.yaml")
    within = ("--namespace", namespace)
    server.kubectl("create", *within, "--filename", "-", stdin=MIRRORMAKER)

    # As the notes tell.
    assert "get configmap lag-kafka-mirror-exporter-sidecar -o 'jsonpath={.data.patch\\.yaml}'" in said
    printed = ("get", "configmap", "lag-kafka-mirror-exporter-sidecar", "-o", r"jsonpath={.data.patch\.yaml}")
    (tmp_path / "sidecar.yaml").write_text(server.kubectl(*within, *printed))
    server.kubectl(*within, "patch", "deployment", "mirrormaker", "--patch-file", tmp_path / "sidecar.yaml")

    patched = json.loads(server.kubectl(*within, "get", "deployment", "mirrormaker", "-o", "json"))
    spec = patched["spec"]["template"]["spec"]
    assert [c["name"] for c in spec["containers"]] == ["mirrormaker"]
    (sidecar,) = spec["initContainers"]
    assert (sidecar["name"], sidecar["restartPolicy"]) == ("kafka-mirror-exporter", "Always")
    assert {mount["name"] for mount in sidecar["volumeMounts"]} == {
        volume["name"] for volume in spec["volumes"]
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    assert "initContainers" in release.create(pod)["spec"]


def test_the_include_adds_it_to_a_chart_of_ones_own(
    server: ApiServer, namespace: str, tmp_path: Path
) -> None:
    deployment = yaml.safe_load(MIRRORMAKER)
    text = (
        yaml.safe_dump(deployment, sort_keys=False).rstrip()
        + """
      initContainers:
        - {{- include "kafka-mirror-exporter.sidecar" (index .Subcharts "kafka-mirror-exporter") | nindent 10 }}
      volumes:
        {{- include "kafka-mirror-exporter.volumes" (index .Subcharts "kafka-mirror-exporter") | nindent 8 }}
"""
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mirrormaker.yaml").write_text(text)
    shutil.copytree(CHART, tmp_path / "charts" / "kafka-mirror-exporter")
    dependency = {"name": "kafka-mirror-exporter", "version": "0.1.0"}
    chart = {"apiVersion": "v2", "name": "mirror", "version": "1.0.0", "dependencies": [dependency]}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))
    values = yaml.safe_load((CHART / "ci" / "sidecar-values.yaml").read_text())
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"kafka-mirror-exporter": values}))

    release = Release(server, namespace, "4")
    release.do("install", "mirror", tmp_path)

    (made,) = [each for each in release.objects() if each["kind"] == "Deployment"]
    (sidecar,) = made["spec"]["template"]["spec"]["initContainers"]
    assert sidecar["restartPolicy"] == "Always"


def test_a_careless_pod_would_have_drawn_a_warning(server: ApiServer, namespace: str) -> None:
    """Without this the silence of the others would mean nothing."""
    done = server.call(
        helm("4"), "install", "lag", CHART, "--namespace", namespace,
        "--values", CHART / "ci" / "two-addresses-values.yaml",
        "--set", "securityContext.allowPrivilegeEscalation=true",
    )  # fmt: skip

    assert "would violate PodSecurity" in done.stderr
