"""What the rules name is what a real scrape has: every metric, and every label of it."""

import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.reading import GROUP_STATES, TOPIC_STATES
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, SOURCE_GROUPS, TARGET_ALIAS, Stand
from kafka_mirror_exporter.metrics import METRICS
from kafka_mirror_exporter.poll.ledger import Ledger
from unit.exposition.scraping import exposition_of

from rig.process import wait_until
from rig.shipped import ALERTS, RULES, shipped_rules

OF_PROMETHEUS = {"ALERTS", "up"}
OF_SCRAPES = {"instance", "job"}
OF_ALERTS = {"alertname", "alertstate", "severity"}
# What a healthy mirror on embedded brokers cannot show, or only with a fallback.
ONLY_IN_THE_TABLE = {
    "kafka_mirror_connector_tasks",
    "kafka_mirror_fallback_blind",
    "kafka_mirror_fallback_engaged",
    "kafka_mirror_fallback_transitions_total",
    "kafka_mirror_last_loss_timestamp_seconds",
    "kafka_mirror_notifications_total",
    "kafka_mirror_open_transaction_seconds",
    "kafka_mirror_retention_headroom_seconds",
    "kafka_mirror_unmeasured",
}
_NAME = re.compile(r"(?<![\w:\"-])((?:\w+:)?kafka_mirror_\w+(?::\w+)?|ALERTS|up)(?![\w:])")
_SELECTOR = re.compile(_NAME.pattern + r"\{([^}]*)\}")
_GROUPING = re.compile(r"\b(?:by|on|ignoring|without|group_left) \(([^)]*)\)")


def expressions() -> Iterator[str]:
    """All that the rules ask: their own expressions, and the questions of their texts."""
    for rule in shipped_rules():
        yield rule["expr"]
        yield from re.findall(r"printf `([^`]*)`", rule.get("annotations", {}).get("description", ""))


@pytest.fixture(scope="module")
def scraped() -> dict[str, set[str]]:
    """The labels of every metric that a real exporter exports, watching the demo."""
    stand = Stand()
    clusters = {
        "source": {"alias": SOURCE_ALIAS, "bootstrap_servers": stand.source},
        "target": {"alias": TARGET_ALIAS, "bootstrap_servers": stand.target},
    }
    config = Config.model_validate({"mirrors": [clusters | {"groups": {"include": list(SOURCE_GROUPS)}}]})
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    labels: dict[str, set[str]] = {}

    def scrape() -> bool:
        text = b"".join(exposition_of(mirror.poll()).plain("text")).decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels.setdefault(sample.name, set()).update(sample.labels)
        return used_metrics() - ONLY_IN_THE_TABLE <= labels.keys()

    try:
        wait_until(scrape, seconds=60, what="every metric that the rules use is in a scrape")
    finally:
        mirror.close(timeout=2)
        stand.close()
    return labels


def used_metrics() -> set[str]:
    """The metrics of the exporter that the rules use."""
    named = {name for expression in expressions() for name in _NAME.findall(expression)}
    return {name for name in named if ":" not in name} - OF_PROMETHEUS


def test_every_metric_that_the_rules_use_is_exported(scraped: dict[str, set[str]]) -> None:
    table = {spec.name for spec in METRICS}

    assert len(used_metrics()) > 15
    assert used_metrics() <= table
    assert used_metrics() - ONLY_IN_THE_TABLE <= scraped.keys()


def test_every_recorded_series_that_the_rules_use_is_recorded() -> None:
    recorded = {rule["record"] for rule in shipped_rules() if "record" in rule}
    named = {name for expression in expressions() for name in _NAME.findall(expression) if ":" in name}

    assert named <= recorded


def labels_of(name: str, scraped: dict[str, set[str]]) -> set[str]:
    recorded = {rule["record"]: rule["expr"] for rule in shipped_rules() if "record" in rule}
    if name in recorded:
        by = re.findall(r"^\w+ by \(([^)]*)\)", recorded[name])
        # What is not grouped keeps the labels of what it begins with, and those of the scrape.
        return (
            set(by[0].split(", "))
            if by
            else labels_of(_NAME.findall(recorded[name])[0], scraped) | OF_SCRAPES
        )
    if name in ONLY_IN_THE_TABLE:
        (spec,) = [spec for spec in METRICS if spec.name == name]
        return {"source", "target", *spec.labels}
    return scraped[name]


def test_every_label_that_is_selected_by_is_a_label_of_its_metric(scraped: dict[str, set[str]]) -> None:
    selected = 0
    for expression in expressions():
        for name, matchers in _SELECTOR.findall(expression):
            labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))
            allowed = OF_ALERTS | {"topic"} if name == "ALERTS" else labels_of(name, scraped)
            assert labels <= allowed, f"{name}{{{matchers}}}"
            selected += 1

    assert selected > 20


def test_every_label_that_is_grouped_by_is_exported(scraped: dict[str, set[str]]) -> None:
    known = set().union(*scraped.values(), *(spec.labels for spec in METRICS)) | OF_SCRAPES
    used = {
        label
        for expression in expressions()
        for given in _GROUPING.findall(expression)
        for label in given.split(", ")
        if label
    }

    assert used <= known


def test_every_state_that_is_selected_by_exists() -> None:
    text = RULES.read_text()

    for metric, known in (("topic_state", TOPIC_STATES), ("group_state", GROUP_STATES)):
        for states in re.findall(rf'kafka_mirror_{metric}\{{state=~?"([^"]*)"', text):
            assert set(states.split("|")) <= set(known)


def test_no_alert_carries_what_would_multiply_it() -> None:
    for rule in shipped_rules():
        if "alert" in rule and rule["expr"] != "vector(1)":
            (by, *_) = re.findall(r"\bby \(([^)]*)\)|^group:.*?by \(([^)]*)\)", rule["expr"])
            assert not {"instance", "job", "partition"} & set("".join(by).split(", "))


def test_both_files_hold_the_same_rules() -> None:
    plain = yaml.safe_load(RULES.read_text())
    manifest = yaml.safe_load((ALERTS / "prometheusrule.yaml").read_text())

    assert (manifest["apiVersion"], manifest["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert manifest["spec"] == plain


def test_every_alert_has_what_people_read() -> None:
    for rule in shipped_rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
            assert rule["annotations"]["summary"].endswith(".")
            assert "{{" not in rule["annotations"]["summary"]
            for label in {"source", "target"} if rule["expr"] != "vector(1)" else ():
                assert f"$labels.{label}" in rule["annotations"]["description"]
            assert ("dashboard_url" in rule["annotations"]) == (rule["expr"] != "vector(1)")
