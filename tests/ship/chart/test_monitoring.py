"""Rules, boards and routes in the chart are those that are shipped, and Prometheus and Alertmanager take them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rig.helm import CHART, ROOT, Object, of_kind, rendered
from rig.prometheus import program

BOARDS = sorted((ROOT / "dashboards").glob("*.json"))


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return rendered("--values", CHART / "ci" / "prometheus-operator-values.yaml")


def without_addresses(text: str) -> str:
    return (
        text.replace(
            "https://wiki.example.com/kafka-mirror/", "https://runbooks.example/kafka-mirror-exporter/"
        )
        .replace("https://wiki.example.com/kafka-mirror", "https://runbooks.example/kafka-mirror-exporter")
        .replace("https://grafana.example.com", "https://grafana.example")
    )


def test_promtool_takes_the_rules(objects: list[Object], tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(of_kind(objects, "PrometheusRule")["spec"]))

    done = subprocess.run(
        [program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", file],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_the_rules_are_the_shipped_ones_with_the_sites_addresses(objects: list[Object]) -> None:
    shipped = yaml.safe_load((ROOT / "alerts" / "kafka-mirror-exporter.rules.yaml").read_text())
    made = of_kind(objects, "PrometheusRule")["spec"]

    assert "https://wiki.example.com/kafka-mirror/KafkaMirrorDriftHigh.md" in json.dumps(made)
    assert "https://grafana.example.com/d/kafka-mirror-topic?" in json.dumps(made)
    assert "runbooks.example/" not in json.dumps(made)
    assert "grafana.example/" not in json.dumps(made)
    assert json.loads(without_addresses(json.dumps(made))) == shipped


@pytest.mark.parametrize("board", BOARDS, ids=lambda file: file.stem)
def test_a_board_is_the_shipped_one(board: Path, objects: list[Object]) -> None:
    made = of_kind(objects, "ConfigMap", board.stem)

    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(without_addresses(made["data"][board.name])) == json.loads(board.read_text())


def snake(part: Any) -> Any:
    """The operator's words as Alertmanager itself has them."""
    names = {"groupBy": "group_by", "groupWait": "group_wait", "groupInterval": "group_interval",
             "repeatInterval": "repeat_interval", "sourceMatch": "source_matchers",
             "targetMatch": "target_matchers"}  # fmt: skip
    if isinstance(part, dict) and "matchType" in part:
        return f'{part["name"]}{part["matchType"]}"{part["value"]}"'
    if isinstance(part, dict):
        return {names.get(key, key): snake(below) for key, below in part.items()}
    return [snake(below) for below in part] if isinstance(part, list) else part


def test_the_routes_are_the_shipped_ones(objects: list[Object]) -> None:
    shipped = yaml.safe_load((ROOT / "alerts" / "alertmanager.yaml").read_text())
    made = of_kind(objects, "AlertmanagerConfig")["spec"]

    assert snake(made["route"]) == shipped["route"]
    assert snake(made["inhibitRules"]) == shipped["inhibit_rules"]
    assert [r["name"] for r in made["receivers"]] == [r["name"] for r in shipped["receivers"]]


def test_a_monitor_finds_the_service_and_scrapes_as_the_delays_assume(objects: list[Object]) -> None:
    shipped = yaml.safe_load((ROOT / "alerts" / "prometheus.yaml").read_text())["global"]
    monitor, service = of_kind(objects, "ServiceMonitor"), of_kind(objects, "Service")
    (endpoint,) = monitor["spec"]["endpoints"]

    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["metadata"]["labels"]["release"] == "monitoring"
    assert endpoint["port"] == service["spec"]["ports"][0]["name"]
    assert endpoint["interval"] == shipped["scrape_interval"]


def test_a_policy_lets_in_the_monitoring_and_helm_test_alone() -> None:
    made = rendered("--values", CHART / "ci" / "network-policy-values.yaml")
    (rule,) = of_kind(made, "NetworkPolicy")["spec"]["ingress"]

    assert [port["port"] for port in rule["ports"]] == [10015]
    assert len(rule["from"]) == 2
    selected = rule["from"][1]["podSelector"]["matchLabels"]
    assert selected.items() <= of_kind(made, "Pod")["metadata"]["labels"].items()
