"""Kafka Mirror / Topic: every partition of the topics chosen, on both sides."""

from grafana import topic_drift, topic_fallback, topic_now, topic_risks
from grafana.frame import Board, Row
from grafana.links import TOPIC_BOARD


def board(_runbook_base_url: str) -> Board:
    """The board of topics and their partitions."""
    return Board(
        uid=TOPIC_BOARD,
        title="Kafka Mirror / Topic",
        description="Partitions one by one: which one is late, whether it moves, what was lost, what is not measured.",
        variables=("source", "target", "topic", "partition"),
        rows=(
            Row(title="Now", panels=topic_now.panels()),
            Row(title="Drift and lag", panels=topic_drift.drift_panels()),
            Row(title="Offsets and throughput", panels=topic_drift.offset_panels()),
            Row(title="Losses, retention, and what is not measured", panels=topic_risks.panels()),
            Row(title="Fallback", panels=topic_fallback.panels()),
        ),
    )
