"""Every ci file is rendered by Helm 3 and 4 for both ends of Kubernetes, and held against strict schemas."""

import subprocess
from pathlib import Path

import pytest
import yaml

from rig.helm import CHART, HIGHEST, ci_files, helm, rendered, template
from rig.kubeconform import check_manifests


def test_a_rendering_is_valid_to_the_letter(values: Path, major: str, kubernetes: str) -> None:
    done = template("--values", values, major=major, kubernetes=kubernetes)

    assert (done.returncode, done.stderr) == (0, "")
    assert check_manifests(done.stdout, kubernetes=kubernetes) == ""


def test_both_helms_render_the_same(values: Path, kubernetes: str) -> None:
    by_three, by_four = (
        rendered("--values", values, major=major, kubernetes=kubernetes) for major in ("3", "4")
    )

    assert by_three == by_four


def test_helm_lint_finds_nothing(values: Path, major: str) -> None:
    done = subprocess.run(
        [helm(major), "lint", "--strict", CHART, "--values", values],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert "[" not in done.stdout, done.stdout


def test_the_features_are_all_there() -> None:
    kinds = {made["kind"] for file in ci_files() for made in rendered("--values", file)}

    assert kinds == {
        "AlertmanagerConfig", "ConfigMap", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "Pod",
        "PodDisruptionBudget", "PodMonitor", "PrometheusRule", "Secret", "Service", "ServiceAccount",
        "ServiceMonitor",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("PodDisruptionBudget", {"maxUnavailable": 1, "minAvailible": 1}),
        ("PrometheusRule", {"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "1", "labls": {}}]}]}),
        ("PrometheusRule", {"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "1", "for": "5x"}]}]}),
        ("ServiceMonitor", {"selector": {}, "endpoints": [{"intervall": "5s"}]}),
        ("AlertmanagerConfig", {"route": {"receiver": "a"}, "receivers": [{"nam": "a"}]}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(kind: str, spec: dict[str, object]) -> None:
    group = {"PodDisruptionBudget": "policy/v1", "AlertmanagerConfig": "monitoring.coreos.com/v1alpha1"}
    version = group.get(kind, "monitoring.coreos.com/v1")
    manifest = {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}

    found = check_manifests(yaml.safe_dump(manifest), kubernetes=HIGHEST)

    assert "not allowed" in found or "pattern" in found or "missing" in found
