"""A mirror whose readings are made by hand, and the alerts that the exporter raises by them."""

from dataclasses import replace
from typing import Any

from kafka_mirror_exporter.core.alerting.alert import FiringAlert
from kafka_mirror_exporter.core.alerting.judge import AlertJudge
from kafka_mirror_exporter.core.alerting.rules import AlertRules
from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading, SideHealth, StageHealth, TopicState
from unit.core.fallback_readings import START, Row, columns_of, topic_of
from unit.exposition.hand_made import mirror_reading

SITE = {"runbook_base_url": "https://runbooks.test", "dashboard_base_url": "https://grafana.test/"}


def health(*, up: bool) -> SideHealth:
    return SideHealth(
        up=up, brokers_answering=3 * up, brokers_failing=3 * (not up), received_bytes=0, requests=0,
        budget_exhausted=0,
    )  # fmt: skip


class AlertPolls:
    """Polled every five seconds; everything is well unless a poll says otherwise."""

    def __init__(self, rules: AlertRules | None = None) -> None:
        self.now = 0.0
        self.rules = rules or AlertRules()
        self._judge = AlertJudge()

    def reading(
        self, *rows: Row, state: TopicState = "mirroring", down: Side | None = None, **changes: Any
    ) -> MirrorReading:
        """`rows` are the partitions of orders."""
        topic = replace(topic_of("orders", state=state), **changes.pop("topic", {}))
        sides: tuple[Side, Side] = ("source", "target")
        stage = StageHealth(
            duration_seconds=0.1, failures=0, last_success_monotonic=self.now, last_success_at=START
        )
        columns = columns_of({TopicPartition("orders", n): row for n, row in enumerate(rows)})
        usual = {
            "topics": (topic,),
            "partitions": replace(columns, **changes.pop("columns", {})),
            "sides": {side: health(up=side != down) for side in sides},
            "stages": {"watermarks": stage},
            "groups": (),
            "connector_tasks": {},
            "fallback": None,
            "notifications": {},
        }
        return mirror_reading(measured_monotonic=self.now, measured_at=START + self.now, **(usual | changes))

    def poll(self, *rows: Row, after: float = 5.0, **changes: Any) -> tuple[FiringAlert, ...]:
        """What fires after one more poll."""
        self.now += after
        return self._judge.judge(self.reading(*rows, **changes), self.rules)

    def names(self, *rows: Row, after: float = 5.0, **changes: Any) -> list[str]:
        return sorted(alert.labels["alertname"] for alert in self.poll(*rows, after=after, **changes))

    def description(self, alert: FiringAlert) -> str:
        return alert.annotations(now=START + self.now, **SITE)["description"]
