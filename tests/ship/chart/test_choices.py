"""What the chart promises of its modes: state, drains, readiness, security, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from rig.helm import CHART, Object, container, containers, of_kind, refused, rendered

FALLBACK = ("--set", "config.fallback.enabled=true")


def ci(name: str, *arguments: str, kubernetes: str = "1.37.0") -> list[Object]:
    return rendered("--values", CHART / "ci" / f"{name}-values.yaml", *arguments, kubernetes=kubernetes)


def patch(objects: list[Object]) -> Any:
    """The pods' part of what a sidecar adds."""
    return yaml.safe_load(of_kind(objects, "ConfigMap", "-sidecar")["data"]["patch.yaml"])["spec"][
        "template"
    ]["spec"]


@pytest.mark.parametrize("name", ["fallback", "fallback-without-volume"])
def test_the_fallback_is_one_pod_that_is_recreated_and_keeps_its_name(name: str) -> None:
    made = of_kind(ci(name), "Deployment")["spec"]

    assert (made["replicas"], made["strategy"]) == (1, {"type": "Recreate"})
    assert made["template"]["spec"]["hostname"] == "lag-kafka-mirror-exporter"


def test_the_state_lies_on_the_volume() -> None:
    objects = ci("fallback")
    claim = of_kind(objects, "PersistentVolumeClaim")
    volumes = of_kind(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]
    config = yaml.safe_load(of_kind(objects, "ConfigMap")["data"]["config.yaml"])
    paths = {mount["name"]: mount["mountPath"] for mount in container(objects)["volumeMounts"]}

    (state,) = [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]
    assert state == claim["metadata"]["name"]
    assert Path(config["state_file"]).parent == Path(paths["state"])


def test_without_a_volume_that_must_be_said(addresses: tuple[str, ...]) -> None:
    assert "state_file=none" in refused(*addresses, *FALLBACK)
    rendered(*addresses, *FALLBACK, "--set", "config.state_file=none")
    rendered(*addresses, *FALLBACK, "--set", "persistence.enabled=true")


def test_a_state_file_without_a_place_is_refused(addresses: tuple[str, ...]) -> None:
    assert "extraVolumes" in refused(*addresses, "--set", "config.state_file=/state/a.json")


@pytest.mark.parametrize("state", ["persistence.enabled=true", "config.state_file=none"])
def test_two_never_fight_over_a_state(state: str, addresses: tuple[str, ...]) -> None:
    said = refused(*addresses, *FALLBACK, "--set", state, "--set", "replicaCount=2")

    assert "replicaCount must be 1" in said


def test_without_state_several_roll(addresses: tuple[str, ...]) -> None:
    made = of_kind(rendered(*addresses, "--set", "replicaCount=2"), "Deployment")["spec"]

    assert made["replicas"] == 2
    assert made["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "hostname" not in made["template"]["spec"]


@pytest.mark.parametrize("value", ["0", "0%", "-1", "none"])
def test_a_budget_that_holds_a_drain_is_refused(value: str, addresses: tuple[str, ...]) -> None:
    arguments = ("--set", "podDisruptionBudget.enabled=true", "--set", "podDisruptionBudget.maxUnavailable=")

    assert "maxUnavailable" in refused(*addresses, *arguments[:3], arguments[3] + value)


def test_a_budget_lets_the_only_pod_go() -> None:
    budget = of_kind(ci("fallback"), "PodDisruptionBudget")["spec"]

    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_it_prefers_the_mirrors_node() -> None:
    affinity = of_kind(ci("strimzi"), "Deployment")["spec"]["template"]["spec"]["affinity"]

    (term,) = affinity["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"] == {"strimzi.io/kind": "KafkaMirrorMaker2"}
    assert term["podAffinityTerm"]["namespaces"] == ["kafka"]


def test_a_sidecar_is_native_and_never_decides_over_readiness() -> None:
    spec = patch(ci("sidecar"))

    (sidecar,) = spec["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert not {"readinessProbe", "startupProbe"} & sidecar.keys()
    assert "containers" not in spec


def test_before_native_sidecars_it_is_a_plain_container() -> None:
    (plain,) = patch(ci("sidecar", kubernetes="1.28.0"))["containers"]
    (native,) = patch(ci("sidecar", kubernetes="1.29.0"))["initContainers"]

    assert "restartPolicy" not in plain
    assert "readinessProbe" not in plain
    assert native["args"] == plain["args"]


@pytest.mark.parametrize("state", [FALLBACK, ("--set", "persistence.enabled=true")])
def test_a_sidecar_keeps_no_state(state: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    assert "sidecars keep no state" in refused(*addresses, "--set", "mode=sidecar-snippet", *state)


def test_a_deployment_is_ready_after_a_poll_and_asks_by_https_where_tls_is_on() -> None:
    plain, secure = (container(ci(name)) for name in ("two-addresses", "web-tls"))

    assert plain["readinessProbe"]["httpGet"] == {"path": "/-/ready", "port": 10015}
    for probe in ("readinessProbe", "livenessProbe"):
        assert secure[probe]["httpGet"]["scheme"] == "HTTPS"


def test_another_configuration_rolls_the_pods(addresses: tuple[str, ...]) -> None:
    def checksum(*arguments: str) -> str:
        made = of_kind(rendered(*addresses, *arguments), "Deployment")
        return str(made["spec"]["template"]["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum("--set", "replicaCount=2")
    assert checksum() != checksum("--set", "config.poll.interval=10s")
    assert checksum() != checksum("--set", "persistence.enabled=true")


def test_what_selects_pods_never_changes_and_takes_none_but_the_exporters() -> None:
    objects = ci("all-else")
    own = {"app.kubernetes.io/name": "kafka-mirror-exporter", "app.kubernetes.io/instance": "lag"}
    labels = of_kind(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    test = of_kind(objects, "Pod")["metadata"]["labels"]

    assert of_kind(objects, "Service")["spec"]["selector"] == own
    assert of_kind(objects, "Deployment")["spec"]["selector"]["matchLabels"] == own
    assert of_kind(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == own
    assert own.items() <= labels.items()
    assert not own.items() <= test.items()


def test_every_pod_is_restricted_and_has_no_token(values: Path) -> None:
    objects = rendered("--values", values)

    for made in containers(objects):
        context = made["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["allowPrivilegeEscalation"] is False
        if made["name"] in ("kafka-mirror-exporter", "ready"):
            assert context["readOnlyRootFilesystem"] is True
            assert context["runAsUser"] == 65532
    for made in objects:
        if made["kind"] == "Deployment":
            assert made["spec"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_a_name_is_never_too_long(addresses: tuple[str, ...]) -> None:
    objects = rendered(
        *addresses, "--set", f"fullnameOverride={'a' * 62}-b", *FALLBACK, "--set", "persistence.enabled=true"
    )

    assert len(of_kind(objects, "Service")["metadata"]["name"]) <= 63
    assert not of_kind(objects, "Service")["metadata"]["name"].endswith("-")


def test_an_image_is_named_by_its_digest_before_its_tag() -> None:
    assert container(ci("two-addresses"))["image"] == "kafka-mirror-exporter:0.1.0"
    assert container(ci("all-else"))["image"].startswith(
        "registry.example.com/tools/kafka-mirror-exporter@sha256:"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("serviceMonitor.enabled=true", "podMonitor.enabled=true"), "scrape twice"),
        (("mode=sidecar-snippet", "serviceMonitor.enabled=true"), "no Service"),
        (("mode=sidecar-snippet", "podMonitor.enabled=true"), "selectorLabels"),
        (("prometheusRule.enabled=true", "config.poll.interval=10s"), "poll-interval-seconds"),
        (("alertmanagerConfig.enabled=true",), "lacks pager"),
        (("existingConfig.secret=a",), "give one of them"),
        (("configText=mirrors: []",), "give one of them"),
        (("mode=daemonset",), "mode"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], complaint: str, addresses: tuple[str, ...]
) -> None:
    assert complaint in refused(*addresses, *(word for each in arguments for word in ("--set", each)))


def test_no_configuration_is_refused_with_what_to_give() -> None:
    assert "two addresses are enough" in refused()
