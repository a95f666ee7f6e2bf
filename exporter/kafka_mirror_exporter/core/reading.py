"""All results of one poll of one mirror, as columns over a stable index of partitions.

Columns hold what millions of objects could not: one `array` per quantity. Absence inside a column is
`NO_OFFSET` (-1) for offsets and counts and NaN for seconds; nobody outside this module needs to know,
for the views (`core.views`) hand out `Measured` or `Unmeasured`. Origins are kept as indexes into `ORIGINS`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from kafka_mirror_exporter.core.alerting.alert import FiringAlert
from kafka_mirror_exporter.core.fallback import FallbackReading
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
# In these a topic is expected to keep up: its drift pages, and engages the fallback.
JUDGED_STATES: tuple[TopicState, ...] = ("mirroring", "blind")

GroupState = Literal["on_source", "on_target", "on_both", "abandoned", "unmeasured"]
GROUP_STATES: tuple[GroupState, ...] = get_args(GroupState)

STAGES = ("metadata", "watermarks", "positions", "timestamps", "groups")
Stage = Literal["metadata", "watermarks", "positions", "timestamps", "groups"]

# What a comparison of records says of a position: it is the truth; nothing (yet); nothing can be compared;
# or: the line it stands on was confirmed lately, and nothing has happened since that could bend it.
UNVERIFIED, VERIFIED, NOT_VERIFIABLE, CONFIRMED_LATELY = 0, 1, 2, 3
Verification = Literal["unverified", "verified", "not_verifiable", "confirmed_lately"]
VERIFICATIONS: tuple[Verification, ...] = get_args(Verification)


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

    def renewed_by(self, newer: "PartitionColumns") -> tuple["PartitionColumns", frozenset[int]]:
        """These columns with the rows of newer ones in their place, and which rows those are.

        Every partition of the newer columns must be one of these.
        """
        rows = [bisect_left(self.index, tp) for tp in newer.index]
        changed: dict[str, Any] = {}
        for name in (f.name for f in fields(self) if f.name not in ("index", "unmeasured")):
            column = array(getattr(self, name).typecode, getattr(self, name))
            for row, value in zip(rows, getattr(newer, name), strict=True):
                column[row] = value
            changed[name] = column
        renewed = frozenset(rows)
        unmeasured = {row: why for row, why in self.unmeasured.items() if row not in renewed}
        unmeasured |= {rows[at]: why for at, why in newer.unmeasured.items()}
        return replace(self, **changed, unmeasured=unmeasured), renewed


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
    the moment the end offsets of the source were in. Where only some partitions were measured again since
    the last poll, `renewed` holds their rows, and all others are as they were.
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
    fallback: FallbackReading | None = None
    notifications: Mapping[tuple[str, str], int] = field(default_factory=dict)
    alerts: tuple[FiringAlert, ...] = ()
    renewed: frozenset[int] | None = None

    def is_renewed(self, row: int) -> bool:
        """Whether a partition was measured for this reading."""
        return self.renewed is None or row in self.renewed
