"""What of a reading is past its threshold, and what could not be measured."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import (
    GroupReading,
    PartitionReading,
    group_readings,
    partition_readings,
    topic_readings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionVerdict:
    """A partition of the mirror against the threshold of its topic (seconds; None: off)."""

    reading: PartitionReading
    threshold: float | None
    is_late: bool

    @property
    def unmeasured(self) -> Unmeasured | None:
        """Why it could not be judged."""
        return self.reading.unmeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVerdict:
    """A group's partition against the threshold of group lag (seconds; None: off)."""

    reading: GroupReading
    threshold: float | None
    is_late: bool

    @property
    def unmeasured(self) -> Unmeasured | None:
        """Why it could not be judged; groups that are not judged at all have no reason."""
        return self.reading.unmeasured if self.reading.is_judged else None


def judge_partitions(reading: MirrorReading, *, threshold: float | None = None) -> Iterator[PartitionVerdict]:
    """Every partition of topics that are mirrored or awaited; `threshold` replaces the configured ones."""
    topics = topic_readings(reading)
    for partition in partition_readings(reading):
        limit = threshold if threshold is not None else topics[partition.topic].drift_threshold
        is_judged = partition.state != "initial_sync"
        drift = partition.drift_seconds
        yield PartitionVerdict(
            reading=partition,
            threshold=limit,
            is_late=is_judged and drift is not None and limit is not None and drift > limit,
        )


def judge_groups(reading: MirrorReading, *, threshold: float | None = None) -> Iterator[GroupVerdict]:
    """Every group's partition on both sides; only the side a group lives on can be late."""
    limit = threshold if threshold is not None else reading.group_lag_threshold
    for group in group_readings(reading):
        wait = group.lag_seconds
        yield GroupVerdict(
            reading=group,
            threshold=limit,
            is_late=group.is_judged and wait is not None and limit is not None and wait > limit,
        )


def confirmed_late(
    verdicts: Iterable[PartitionVerdict], earlier: Iterable[PartitionVerdict]
) -> list[PartitionVerdict]:
    """Late partitions, but those that only a first reading called late.

    A drift without an upper bound rests on a record's timestamp alone: a back-dated topic would be late at
    every start. It counts when the next poll finds the position still at that record.
    """
    positions = {(v.reading.topic, v.reading.partition): v.reading.position for v in earlier if v.is_late}
    return [
        verdict
        for verdict in verdicts
        if verdict.is_late
        and (
            verdict.reading.drift_upper_seconds is not None
            or positions.get((verdict.reading.topic, verdict.reading.partition)) == verdict.reading.position
        )
    ]


def unmeasured_sides(reading: MirrorReading) -> dict[str, Unmeasured]:
    """The clusters that could not be read at all."""
    return {
        side: Unmeasured(Reason.CLUSTER_UNREACHABLE, health.error)
        for side, health in reading.sides.items()
        if not health.up
    }
