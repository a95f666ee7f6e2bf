"""Kafka Mirror / Migration: for a wall. Every mirror, what is late, and whether the exporter itself is well."""

from grafana import health, migration_drift, migration_now, migration_topics
from grafana.frame import Board, Row
from grafana.links import MIGRATION_BOARD


def board(runbook_base_url: str) -> Board:
    """The board of all mirrors."""
    return Board(
        uid=MIGRATION_BOARD,
        title="Kafka Mirror / Migration",
        description="Every mirror: is it keeping up, what is late, what is not measured, what fires.",
        variables=("source", "target", "topic", "group"),
        rows=(
            Row(title="Now", panels=migration_now.panels(runbook_base_url)),
            Row(title="Drift", panels=migration_drift.panels()),
            Row(title="Topics", panels=migration_topics.topic_panels()),
            Row(title="Consumer groups", panels=migration_topics.group_panels()),
            Row(title="The exporter itself", panels=health.panels()),
        ),
    )
