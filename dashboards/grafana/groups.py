"""Kafka Mirror / Groups: where each consumer group lives, and how far it is on both clusters."""

from grafana import groups_now, groups_over_time
from grafana.frame import Board, Row
from grafana.links import GROUPS_BOARD


def board(_runbook_base_url: str) -> Board:
    """The board of consumer groups."""
    return Board(
        uid=GROUPS_BOARD,
        title="Kafka Mirror / Groups",
        description="Consumer groups on both clusters: where each lives, how long its records wait, what it committed.",
        variables=("source", "target", "group", "topic", "partition"),
        rows=(
            Row(title="Now", panels=groups_now.panels()),
            Row(title="Lag", panels=groups_over_time.lag_panels()),
            Row(title="Moving over", panels=groups_over_time.moving_panels()),
        ),
    )
