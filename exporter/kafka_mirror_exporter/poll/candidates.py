"""A partition whose position is about to be compared."""

from dataclasses import dataclass

from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.position import PartitionTracker
from kafka_mirror_exporter.core.records import LogRecord


@dataclass(slots=True)
class Candidate:
    """A partition under verification: its names on both sides and where the logs stand.

    `tail` is the last record that the mirror may have written; `is_tail_foreign` if others wrote after it.
    """

    source: TopicPartition
    target: TopicPartition
    tracker: PartitionTracker
    target_log_start: int
    target_end: int
    source_log_start: int
    source_end: int
    tail: LogRecord | None = None
    is_tail_foreign: bool = False

    @property
    def expected(self) -> int | None:
        """The position, if the line holds and the tail is the last data record."""
        anchor = self.tracker.anchor
        if anchor is None or self.tail is None:
            return None
        return anchor.position_at(self.tail.offset + 1)
