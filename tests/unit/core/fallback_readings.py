"""Readings made of what the fallback looks at: drift, bounds, positions and whether they are confirmed."""

from array import array
from dataclasses import dataclass, replace

from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackRules, FallbackState
from kafka_mirror_exporter.core.fallback_judge import FallbackJudge
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import (
    VERIFIED,
    MirrorReading,
    PartitionColumns,
    TopicReading,
    TopicState,
)
from unit.exposition.hand_made import mirror_reading

NAN = float("nan")
START = 1_790_000_000.0
RULES = FallbackRules(release_after=60.0, min_engaged=120.0, longest_gap=15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One partition; drift None: unmeasured. `has_history` gives it an upper bound."""

    drift: float | None = 0.0
    verified: int = VERIFIED
    position: int = 100
    has_history: bool = True
    lower: float | None = None
    is_empty: bool = False


def columns_of(rows: dict[TopicPartition, Row]) -> PartitionColumns:
    columns = PartitionColumns.absent(tuple(sorted(rows)))
    unmeasured = {}
    for at, tp in enumerate(columns.index):
        row = rows[tp]
        columns.source_log_start[at], columns.source_end[at] = (100, 100) if row.is_empty else (0, 1_000)
        columns.verified[at] = row.verified
        if row.lower is not None:
            columns.drift_lower[at] = row.lower
        if row.drift is None:
            unmeasured[at] = Unmeasured(Reason.LEADER_UNREACHABLE)
            continue
        columns.position[at], columns.drift[at] = row.position, row.drift
        columns.drift_lower[at] = row.lower or 0.0
        columns.drift_upper[at] = row.drift if row.has_history else NAN
    return replace(columns, verified=array("b", columns.verified), unmeasured=unmeasured)


def topic_of(name: str, *, threshold: float | None = 120.0, state: TopicState = "mirroring") -> TopicReading:
    return TopicReading(
        topic=name,
        target_topic=f"legacy.{name}",
        state=state,
        drift_threshold=15.0,
        fallback_threshold=threshold,
    )


class Polls:
    """A mirror that is polled every five seconds, and its fallback."""

    def __init__(
        self, rules: FallbackRules = RULES, *, remembered: dict[str, FallbackState] | None = None
    ) -> None:
        self.rules = rules
        self.now = 0.0
        self.selected = {"orders", "audit", "cards"}
        self._judge = FallbackJudge(remembered or {})
        self.last: FallbackReading | None = None

    def reading(self, *rows: Row, state: TopicState = "mirroring", **topics: Row) -> MirrorReading:
        """`rows` are the partitions of orders; further topics have one partition each."""
        partitions = {TopicPartition("orders", n): row for n, row in enumerate(rows)}
        partitions |= {TopicPartition(topic, 0): row for topic, row in topics.items()}
        names = sorted({tp.topic for tp in partitions})
        return mirror_reading(
            measured_monotonic=self.now,
            measured_at=START + self.now,
            topics=tuple(topic_of(name, state=state) for name in names),
            partitions=columns_of(partitions),
        )

    def poll(
        self, *rows: Row, after: float = 5.0, state: TopicState = "mirroring", **topics: Row
    ) -> FallbackReading:
        self.now += after
        self.last = self._judge.judge(
            self.reading(*rows, state=state, **topics), self.rules, selects=self.selected.__contains__
        )
        return self.last

    def orders(
        self, *rows: Row, after: float = 5.0, state: TopicState = "mirroring", **topics: Row
    ) -> FallbackState:
        """The state of orders after one more poll."""
        return self.poll(*rows, after=after, state=state, **topics).states["orders"]
