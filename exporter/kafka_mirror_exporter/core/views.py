"""Single rows of a reading, for people: the API, `check`, and tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.core.reading import (
    NO_OFFSET,
    ORIGINS,
    VERIFICATIONS,
    VERIFIED,
    WHOLE_TOPIC,
    GroupState,
    GroupSummary,
    MirrorReading,
    Origin,
    TopicReading,
    TopicState,
    Verification,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionReading:
    """One row of `PartitionColumns`, for people: what was not measured is None, and `unmeasured` says why.

    `is_verified` says that a comparison of records confirms this very position; `verification` says also
    whether one confirmed the line it stands on a moment ago, which is what flowing partitions get.
    """

    topic: str
    partition: int
    target_topic: str | None
    state: TopicState
    source_log_start_offset: int | None
    source_high_watermark: int | None
    source_last_stable_offset: int | None
    target_log_start_offset: int | None
    target_high_watermark: int | None
    position: int | None
    origin: Origin
    origin_age_seconds: float | None
    is_verified: bool
    verification: Verification
    lag_records: int | None
    drift_seconds: float | None
    drift_lower_seconds: float | None
    drift_upper_seconds: float | None
    lost_records: int
    position_resets: int
    unmeasured: Unmeasured | None


def _offset(value: int) -> int | None:
    return None if value == NO_OFFSET else value


def _seconds(value: float) -> float | None:
    return None if isnan(value) else value


def partition_reading(reading: MirrorReading, topic: TopicReading, row: int) -> PartitionReading:
    """The view of one row; `topic` is the reading of its topic."""
    columns = reading.partitions
    name, partition = columns.index[row]
    return PartitionReading(
        topic=name,
        partition=partition,
        target_topic=topic.target_topic,
        state=topic.state,
        source_log_start_offset=_offset(columns.source_log_start[row]),
        source_high_watermark=_offset(columns.source_end[row]),
        source_last_stable_offset=_offset(columns.source_stable[row]),
        target_log_start_offset=_offset(columns.target_log_start[row]),
        target_high_watermark=_offset(columns.target_end[row]),
        position=_offset(columns.position[row]),
        origin=ORIGINS[columns.origin[row]],
        origin_age_seconds=_seconds(columns.origin_age[row]),
        is_verified=columns.verified[row] == VERIFIED,
        verification=VERIFICATIONS[columns.verified[row]],
        lag_records=_offset(columns.lag[row]),
        drift_seconds=_seconds(columns.drift[row]),
        drift_lower_seconds=_seconds(columns.drift_lower[row]),
        drift_upper_seconds=_seconds(columns.drift_upper[row]),
        lost_records=columns.lost[row],
        position_resets=columns.resets[row],
        unmeasured=columns.unmeasured.get(row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReading:
    """One row of `GroupColumns`, for people."""

    group: str
    state: GroupState
    side: Side
    is_judged: bool
    topic: str
    partition: int | None
    committed_offset: int | None
    lag_records: int | None
    lag_seconds: float | None
    lag_lower_seconds: float | None
    lag_upper_seconds: float | None
    unmeasured: Unmeasured | None


def group_reading(reading: MirrorReading, summary: GroupSummary, row: int) -> GroupReading:
    """The view of one row; `summary` is the one of its group."""
    columns = reading.group_columns
    side, group, (topic, partition) = columns.index[row]
    return GroupReading(
        group=group,
        state=summary.state,
        side=side,
        is_judged=summary.judged_side == side and summary.state not in ("abandoned", "unmeasured"),
        topic=topic,
        partition=None if partition == WHOLE_TOPIC else partition,
        committed_offset=_offset(columns.committed[row]),
        lag_records=_offset(columns.lag[row]),
        lag_seconds=_seconds(columns.lag_seconds[row]),
        lag_lower_seconds=_seconds(columns.lag_lower[row]),
        lag_upper_seconds=_seconds(columns.lag_upper[row]),
        unmeasured=columns.unmeasured.get(row),
    )


def topic_readings(reading: MirrorReading) -> dict[str, TopicReading]:
    """The topics by name."""
    return {topic.topic: topic for topic in reading.topics}


def partition_readings(reading: MirrorReading) -> Iterator[PartitionReading]:
    """Views of all rows, in the order of the index."""
    topics = topic_readings(reading)
    for row, (topic, _) in enumerate(reading.partitions.index):
        yield partition_reading(reading, topics[topic], row)


def group_readings(reading: MirrorReading) -> Iterator[GroupReading]:
    """Views of all rows, in the order of the index."""
    summaries = {summary.group: summary for summary in reading.groups}
    for row, (_, group, _) in enumerate(reading.group_columns.index):
        yield group_reading(reading, summaries[group], row)
