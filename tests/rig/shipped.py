"""The files of `alerts/` as they are shipped, with addresses that lead to a test's own servers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from kafka_mirror_exporter.config.models import PollConfig
from kafka_mirror_exporter.config.values import parse_duration

ALERTS = Path(__file__).resolve().parents[2] / "alerts"
RULES = ALERTS / "kafka-mirror-exporter.rules.yaml"


def shipped_rules() -> list[dict[str, Any]]:
    """All rules of all groups."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def shipped_prometheus(*, targets: Sequence[str], alertmanagers: Sequence[str]) -> dict[str, Any]:
    """The Prometheus configuration, scraping and telling these."""
    config: dict[str, Any] = yaml.safe_load((ALERTS / "prometheus.yaml").read_text())
    config["rule_files"] = [str(RULES)]
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": list(alertmanagers)}]}]
    (job,) = config["scrape_configs"]
    job["static_configs"] = [{"targets": list(targets)}]
    return config


def shipped_alertmanager(work_dir: Path, *, receiver_url: str) -> Path:
    """A file with the shipped routes, in which every receiver posts to a path of its own name."""
    config = yaml.safe_load((ALERTS / "alertmanager.yaml").read_text())
    config["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [{"url": f"{receiver_url}/{receiver['name']}"}]}
        for receiver in config["receivers"]
    ]
    file = work_dir / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def worst_case_seconds() -> float:
    """From the breach to the notification, when every clock has just missed it: see alerts/README.md."""
    poll, rules = PollConfig(), yaml.safe_load(RULES.read_text())["groups"]
    (drift, group) = next(
        (rule, group)
        for group in rules
        for rule in group["rules"]
        if rule.get("alert") == "KafkaMirrorDriftHigh"
    )
    scraping = yaml.safe_load((ALERTS / "prometheus.yaml").read_text())["global"]["scrape_interval"]
    routes = yaml.safe_load((ALERTS / "alertmanager.yaml").read_text())["route"]["routes"]
    (route,) = [route for route in routes if "DriftHigh" in str(route["matchers"])]
    waits = (scraping, group["interval"], drift.get("for", "0s"), route["group_wait"])
    return poll.interval + poll.timeout + sum(parse_duration(wait) for wait in waits if wait != "0s")
