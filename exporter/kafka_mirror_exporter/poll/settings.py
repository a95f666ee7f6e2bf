"""What a poll needs to know of the configuration, as plain values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kafka_mirror_exporter.core.comparison import Comparison
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.core.thresholds import NameFilter, Thresholds

Tool = Literal["mirrormaker2", "consumer_group", "offset_preserving", "any"]
PolicyKind = Literal["auto", "default", "identity", "map"]
IsolationChoice = Literal["auto", "read_uncommitted", "read_committed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChoice:
    """How source topics are named on the target, as far as it is configured."""

    kind: PolicyKind = "auto"
    separator: str | None = None
    topics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorMaker2Names:
    """What MirrorMaker 2 calls things, as far as it is configured; (side, topic) or None to be found."""

    source_alias: str | None = None
    target_alias: str | None = None
    offset_syncs: tuple[Side, str] | None = None
    connect_offsets: tuple[Side, str] | None = None
    checkpoints: tuple[Side, str] | None = None
    heartbeats: tuple[Side, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChoice:
    """Which groups are watched, and how they are reported."""

    names: NameFilter
    is_per_topic: bool = False
    with_offsets: bool = True
    abandoned_after_seconds: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """One mirror, as its poll sees it."""

    source: str
    target: str
    tool: Tool
    policy: PolicyChoice
    topics: NameFilter
    is_default_selection: bool
    is_initial_sync: bool
    groups: GroupChoice
    names: MirrorMaker2Names
    isolation: IsolationChoice
    consumer_group: tuple[Side, str] | None
    comparison: Comparison
    may_read: Callable[[str], bool]
    thresholds: Thresholds
    interval_seconds: float
    timeout_seconds: float
    max_series: int
    source_bytes_per_second: float
    target_bytes_per_second: float
    marker_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Our own clock for everything that is measured, and the wall clock for what people read."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


def may_read_all(_topic: str) -> bool:
    """Records of every topic may be read."""
    return True


def may_read_none(_topic: str) -> bool:
    """No topic's records may be read."""
    return False


def may_read_matching(patterns: tuple[re.Pattern[str], ...]) -> Callable[[str], bool]:
    """Records of the topics that one of the patterns matches whole may be read."""
    return NameFilter(include=patterns).selects
