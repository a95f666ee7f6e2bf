"""The bodies of the JSON answers; the OpenAPI document is made from these types."""

from collections.abc import Mapping
from dataclasses import dataclass

from kafka_mirror_exporter.core.fallback_views import TopicFallback
from kafka_mirror_exporter.core.views import GroupReading, PartitionReading


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What went wrong, in one sentence."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsBody:
    """A configuration that was refused; the one before stays in force."""

    error: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBody:
    """One cluster, as the last poll found it."""

    is_up: bool
    brokers_answering: int
    brokers_failing: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsBody:
    """Sums over a mirror; lag and drift leave out what was not measured and are null where nothing was."""

    topics: int
    topics_by_state: Mapping[str, int]
    partitions: int
    unmeasured_partitions: int
    groups: int
    lag_records: int | None
    max_drift_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorBody:
    """One mirror at a glance; all but the names is null before its first poll.

    A stale reading is older than three polls: its numbers are those of `measured_at`, not of now.
    """

    source: str
    target: str
    measured_at: float | None
    age_seconds: float | None
    is_stale: bool | None
    sides: Mapping[str, SideBody] | None
    totals: TotalsBody | None
    worst_partition: PartitionReading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorsBody:
    """All mirrors."""

    mirrors: tuple[MirrorBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionsBody:
    """Some of the `total` partitions that match, worst first."""

    source: str
    target: str
    measured_at: float
    age_seconds: float
    is_stale: bool
    total: int
    partitions: tuple[PartitionReading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsBody:
    """Some of the `total` committed offsets that match, worst first."""

    source: str
    target: str
    measured_at: float
    age_seconds: float
    is_stale: bool
    total: int
    groups: tuple[GroupReading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorFallbackBody:
    """The fallback of one mirror: engaged if one of the topics is, false if all are known not to be."""

    source: str
    target: str
    engaged: bool | None
    blind: bool
    topics: tuple[TopicFallback, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackBody:
    """The fallback as one instance sees it; after `valid_until` keep the state you have, and say so aloud."""

    generated_at: float
    valid_until: float
    instance: str
    mirrors: tuple[MirrorFallbackBody, ...]
