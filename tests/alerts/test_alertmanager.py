"""The shipped Alertmanager configuration: who is told of what, how soon, and what is muted by what."""

import subprocess
from collections.abc import Iterator, Mapping

import pytest
import yaml

from rig.process import wait_until
from rig.prometheus import Alertmanager, WebhookReceiver, program
from rig.shipped import ALERTS, shipped_alertmanager, shipped_rules

CONFIG = ALERTS / "alertmanager.yaml"
KINDS = sorted({(rule["alert"], rule["labels"]["severity"]) for rule in shipped_rules() if "alert" in rule})
RECEIVER = {"critical": "pager", "warning": "chat", "info": "chat", "none": "heartbeat"}
MIRROR, OTHER = {"source": "legacy", "target": "redpanda"}, {"source": "old", "target": "new"}


def amtool(*arguments: str) -> str:
    said = subprocess.run([program("amtool"), *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def routed(**labels: str) -> str:
    given = [f"{key}={value}" for key, value in labels.items()]
    return amtool("config", "routes", "test", f"--config.file={CONFIG}", *given).strip()


def test_the_configuration_is_accepted() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(("name", "severity"), KINDS)
def test_pages_go_to_the_pager_and_warnings_to_the_chat(name: str, severity: str) -> None:
    assert routed(alertname=name, severity=severity, topic="orders", **MIRROR) == RECEIVER[severity]


def test_secrets_are_read_from_files() -> None:
    text = CONFIG.read_text()

    assert text.count("/etc/alertmanager/secrets/") == 3
    for plain in ("routing_key:", "service_key:", "api_url:", "password:", "credentials:"):
        assert plain not in text


def test_a_second_topic_that_is_late_follows_within_half_a_minute() -> None:
    routes = yaml.safe_load(CONFIG.read_text())["route"]
    (drift,) = [route for route in routes["routes"] if "DriftHigh" in str(route["matchers"])]

    assert routes["group_by"] == ["alertname", "source", "target"]
    assert "group_by" not in drift
    assert (drift["group_wait"], drift["group_interval"]) == ("0s", "30s")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Alertmanager, WebhookReceiver]]:
    folder = tmp_path_factory.mktemp("alertmanager")
    with (
        WebhookReceiver() as receiver,
        Alertmanager(folder, shipped_alertmanager(folder, receiver_url=receiver.url)) as manager,
    ):
        yield manager, receiver


def alert(name: str, severity: str, mirror: Mapping[str, str], **labels: str) -> dict[str, dict[str, str]]:
    return {"labels": {"alertname": name, "severity": severity, **mirror, **labels}, "annotations": {}}


def muted(manager: Alertmanager) -> dict[str, bool]:
    """Each alert's `name topic-or-group source`, and whether another one mutes it."""

    def name(labels: Mapping[str, str]) -> str:
        return " ".join(
            labels[key] for key in ("alertname", "severity", "topic", "group", "source") if key in labels
        )

    return {name(a["labels"]): bool(a["status"]["inhibitedBy"]) for a in manager.alerts()}


def test_only_what_belongs_to_the_same_mirror_and_object_is_muted(
    told: tuple[Alertmanager, WebhookReceiver],
) -> None:
    manager, receiver = told
    manager.post([alert("KafkaMirrorClusterUnreachable", "critical", MIRROR, side="source")])
    wait_until(lambda: receiver.of("KafkaMirrorClusterUnreachable"), seconds=20, what="the cluster pages")
    manager.post(
        [
            alert("KafkaMirrorDriftHigh", "critical", MIRROR, topic="orders"),
            alert("KafkaMirrorDriftHigh", "critical", OTHER, topic="orders"),
            alert("KafkaMirrorUnmeasured", "warning", MIRROR, topic="orders"),
            alert("KafkaMirrorRecordsLost", "critical", MIRROR, topic="orders"),
            alert("KafkaMirrorGroupLagHigh", "warning", MIRROR, group="billing"),
            # Of the other mirror, whose clusters answer.
            alert("KafkaMirrorTransactionHanging", "critical", OTHER, topic="payments"),
            alert("KafkaMirrorTransactionHanging", "warning", OTHER, topic="payments"),
            alert("KafkaMirrorTransactionHanging", "warning", OTHER, topic="invoices"),
            alert("KafkaMirrorRecordsLost", "critical", OTHER, topic="lost"),
            alert("KafkaMirrorUnverified", "warning", OTHER, topic="lost"),
        ]
    )

    wait_until(
        lambda: (
            muted(manager)
            == {
                "KafkaMirrorClusterUnreachable critical legacy": False,
                "KafkaMirrorDriftHigh critical orders legacy": True,
                "KafkaMirrorDriftHigh critical orders old": False,
                "KafkaMirrorUnmeasured warning orders legacy": True,
                "KafkaMirrorRecordsLost critical orders legacy": False,
                "KafkaMirrorGroupLagHigh warning billing legacy": False,
                "KafkaMirrorTransactionHanging critical payments old": False,
                "KafkaMirrorTransactionHanging warning payments old": True,
                "KafkaMirrorTransactionHanging warning invoices old": False,
                "KafkaMirrorRecordsLost critical lost old": False,
                "KafkaMirrorUnverified warning lost old": False,
            }
        ),
        seconds=20,
        what="what is muted",
    )
    wait_until(lambda: receiver.of("KafkaMirrorUnverified"), seconds=30, what="the last group is told")
    drift = receiver.of("KafkaMirrorDriftHigh")
    assert [(told.labels["source"], told.path) for told in drift] == [("old", "/pager")]
    assert {t.path for t in receiver.of("KafkaMirrorUnverified")} == {"/chat"}
