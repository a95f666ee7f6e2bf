"""All results of one poll of one mirror, as columns over a stable index of partitions.

Columns hold what millions of objects could not: one `array` per quantity. Absence inside a column is
`NO_OFFSET` (-1) for offsets and counts and NaN for seconds; nobody outside this module needs to know,
for the views hand out `Measured` or `Unmeasured`. Origins are kept as indexes into `ORIGINS`.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Literal, get_args

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import Side, TopicPartition

NO_OFFSET = -1
NAN = float("nan")
WHOLE_TOPIC = -1

Origin = Literal[
    "offset_sync",
    "connect_offset",
    "tail_match",
    "provenance_header",
    "consumer_group",
    "offset_preserving",
    "not_mirrored_yet",
    "unmeasured",
]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
UNMEASURED_ORIGIN = ORIGINS.index("unmeasured")

TopicState = Literal["not_selected", "awaiting_target", "initial_sync", "mirroring", "blind"]
TOPIC_STATES: tuple[TopicState, ...] = get_args(TopicState)

GroupState = Literal["on_source", "on_target", "on_both", "abandoned", "unmeasured"]
GROUP_STATES: tuple[GroupState, ...] = get_args(GroupState)

STAGES = ("metadata", "watermarks", "positions", "timestamps", "groups")
Stage = Literal["metadata", "watermarks", "positions", "timestamps", "groups"]

# What a comparison of records says of a position: it is the truth; nothing (yet); nothing can be compared;
# or: the line it stands on was confirmed lately, and nothing has happened since that could bend it.
UNVERIFIED, VERIFIED, NOT_VERIFIABLE, CONFIRMED_LATELY = 0, 1, 2, 3


def offsets(length: int) -> "array[int]":
    """A column of absent offsets."""
    return array("q", [NO_OFFSET]) * length


def seconds(length: int) -> "array[float]":
    """A column of absent seconds."""
    return array("d", [NAN]) * length


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionColumns:
    """One row for every partition of every reported source topic, in the order of `index`.

    `index` is the same object as at the last poll unless partitions came or went, so that what is
    derived from it (label bodies) can be kept. Timestamps are seconds since the epoch.
    `verified` holds UNVERIFIED, VERIFIED, NOT_VERIFIABLE or CONFIRMED_LATELY.
    """

    index: tuple[TopicPartition, ...]
    source_log_start: "array[int]"
    source_end: "array[int]"
    source_stable: "array[int]"
    target_log_start: "array[int]"
    target_end: "array[int]"
    position: "array[int]"
    origin: "array[int]"
    origin_age: "array[float]"
    verified: "array[int]"
    lag: "array[int]"
    drift: "array[float]"
    drift_lower: "array[float]"
    drift_upper: "array[float]"
    source_timestamp: "array[float]"
    target_timestamp: "array[float]"
    lost: "array[int]"
    pre_mirror: "array[int]"
    resets: "array[int]"
    open_transaction: "array[float]"
    headroom: "array[float]"
    unmeasured: Mapping[int, Unmeasured] = field(default_factory=dict)

    @classmethod
    def absent(cls, index: tuple[TopicPartition, ...]) -> "PartitionColumns":
        """Columns in which nothing was measured yet, to be filled in place before they are shared."""
        n = len(index)
        return cls(
            index=index,
            source_log_start=offsets(n), source_end=offsets(n), source_stable=offsets(n),
            target_log_start=offsets(n), target_end=offsets(n), position=offsets(n),
            origin=array("b", [UNMEASURED_ORIGIN]) * n, origin_age=seconds(n),
            verified=array("b", [UNVERIFIED]) * n,
            lag=offsets(n), drift=seconds(n), drift_lower=seconds(n), drift_upper=seconds(n),
            source_timestamp=seconds(n), target_timestamp=seconds(n),
            lost=array("q", [0]) * n, pre_mirror=offsets(n), resets=array("q", [0]) * n,
            open_transaction=seconds(n), headroom=seconds(n), unmeasured={},
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupColumns:
    """One row for every committed offset: (side, group, partition by the source topic's name).

    Where groups are reported per topic, the partition is `WHOLE_TOPIC` and carries no label.
    """

    index: tuple[tuple[Side, str, TopicPartition], ...]
    committed: "array[int]"
    lag: "array[int]"
    lag_seconds: "array[float]"
    lag_lower: "array[float]"
    lag_upper: "array[float]"
    unmeasured: Mapping[int, Unmeasured] = field(default_factory=dict)

    @classmethod
    def absent(cls, index: tuple[tuple[Side, str, TopicPartition], ...]) -> "GroupColumns":
        """Columns in which nothing was measured yet, to be filled in place before they are shared."""
        n = len(index)
        return cls(
            index=index, committed=offsets(n), lag=offsets(n), lag_seconds=seconds(n),
            lag_lower=seconds(n), lag_upper=seconds(n), unmeasured={},
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReading:
    """What is said of a topic as a whole.

    `drift_threshold` and `fallback_threshold` are in seconds, None where off;
    `unverified_partitions` counts positions that no record comparison confirms, though it should.
    """

    topic: str
    target_topic: str | None
    state: TopicState
    drift_threshold: float | None
    fallback_threshold: float | None
    unverified_partitions: int = 0
    catch_up_seconds: float | None = None
    last_loss_timestamp: float | None = None
    unmeasured: Unmeasured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """A consumer group as a whole: the side it lives on and its members by side, where known."""

    group: str
    state: GroupState
    judged_side: Side
    members: Mapping[Side, int]
    unmeasured: Unmeasured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideHealth:
    """How one cluster answered in this poll; traffic counts are since start."""

    up: bool
    brokers_answering: int
    brokers_failing: int
    received_bytes: int
    requests: int
    budget_exhausted: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHealth:
    """How one stage went; both moments of success are None before the first one."""

    duration_seconds: float
    failures: int
    last_success_monotonic: float | None
    last_success_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorFacts:
    """What was found or configured about the mirror itself, for `kafka_mirror_info`."""

    source_alias: str
    target_alias: str
    policy: str
    separator: str
    isolation_level: str
    exactly_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorReading:
    """All of one poll of one mirror; never changed after it is made.

    `measured_at` is the wall clock (seconds since the epoch) and `measured_monotonic` our own clock at
    the moment the end offsets of the source were in.
    """

    source: str
    target: str
    measured_at: float
    measured_monotonic: float
    poll_duration_seconds: float
    polls: int
    sides: Mapping[Side, SideHealth]
    stages: Mapping[str, StageHealth]
    facts: MirrorFacts
    topics: tuple[TopicReading, ...]
    partitions: PartitionColumns
    groups: tuple[GroupSummary, ...]
    group_columns: GroupColumns
    group_lag_threshold: float | None
    group_drift_threshold: float | None
    group_drift_records_threshold: int
    heartbeat_timestamp: float | None = None
    connector_tasks: Mapping[tuple[str, str], int] = field(default_factory=dict)
    series_limited: bool = False
    undecodable_records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionReading:
    """One row of `PartitionColumns`, for people: what was not measured is None, and `unmeasured` says why."""

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
    partition: int
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
        partition=partition,
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
