"""What a poll may ask of one cluster; nothing here can write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.core.records import FetchedRange, LogRecord

Isolation = Literal["read_uncommitted", "read_committed"]
NO_OFFSET = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMetadata:
    """All topics of a cluster with the leader of each partition (-1: none now), and its brokers."""

    cluster_id: str
    brokers: Mapping[int, str]
    topics: Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets:
    """Offsets by partition; a partition that was asked for stands in exactly one of the two."""

    found: Mapping[TopicPartition, int]
    failed: Mapping[TopicPartition, Unmeasured]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupListing:
    """The groups a cluster knows; `failed` says why some brokers' groups may be missing."""

    groups: tuple[str, ...]
    failed: Unmeasured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOffsets:
    """Committed offsets by group; a group that was asked for stands in exactly one of the two."""

    found: Mapping[str, Mapping[TopicPartition, int]]
    failed: Mapping[str, Unmeasured]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMembers:
    """The number of members by group; a group that was asked for stands in exactly one of the two."""

    found: Mapping[str, int]
    failed: Mapping[str, Unmeasured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetch brought, by partition; a partition that was asked for stands in exactly one of the two.

    `received_bytes` is what the fetch cost on the wire, records nobody asked for included.
    """

    found: Mapping[TopicPartition, FetchedRange]
    failed: Mapping[TopicPartition, Unmeasured]
    received_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What watching has cost the cluster since the reader was opened."""

    received_bytes: int
    requests: int


class ClusterReader(Protocol):
    """One cluster, read only.

    Every call ends by its `timeout` (seconds). A partition, topic or group that fails, fails alone;
    only when no broker answers is `ClusterUnreachable` raised, and when a whole request is missing,
    forbidden or silent, `ApiUnavailable`. One thread at a time may use a reader.
    """

    def read_metadata(self, *, timeout: float) -> ClusterMetadata:
        """Asks for all topics at once: naming one could create it."""

    def read_refusals(self, topics: Iterable[str], *, timeout: float) -> Mapping[str, Unmeasured]:
        """Which of these topics, that the metadata of all topics lacks, are there and not to be seen."""

    def read_end_offsets(
        self, leaders: Mapping[TopicPartition, int], *, isolation: Isolation, timeout: float
    ) -> Offsets:
        """High watermarks, or last stable offsets with read_committed."""

    def read_log_start_offsets(self, leaders: Mapping[TopicPartition, int], *, timeout: float) -> Offsets:
        """First offsets still kept."""

    def read_offsets_at(
        self,
        timestamps_ms: Mapping[TopicPartition, int],
        leaders: Mapping[TopicPartition, int],
        *,
        timeout: float,
    ) -> Offsets:
        """First offset whose record (or control marker) is that old or younger; NO_OFFSET where none is."""

    def list_groups(self, *, timeout: float) -> GroupListing:
        """The names of all groups."""

    def read_group_offsets(
        self, groups: Iterable[str], *, known_partitions: Sequence[TopicPartition], timeout: float
    ) -> GroupOffsets:
        """Committed offsets; `known_partitions` are named only to brokers that answer nothing otherwise."""

    def read_group_members(self, groups: Iterable[str], *, timeout: float) -> GroupMembers:
        """How many members each group has."""

    def read_topic_configs(
        self, topics: Iterable[str], *, timeout: float
    ) -> Mapping[str, Mapping[str, str] | Unmeasured]:
        """Effective configuration of topics."""

    def fetch_ranges(
        self,
        ranges: Mapping[TopicPartition, OffsetRange],
        *,
        isolation: Isolation,
        max_bytes: int,
        timeout: float,
    ) -> Fetched:
        """The data records of offset ranges, many partitions at a time.

        Stops when `max_bytes` were received: partitions not finished then stand in `found` with the
        `read_up_to` they reached, or in `failed` with `budget_exhausted` if they got nothing.
        """

    def tail(self, topic: str, *, isolation: Isolation, max_bytes: int, timeout: float) -> "TailedRecords":
        """Records of a small internal topic that were not handed out before, from its beginning on."""

    def traffic(self) -> Traffic:
        """What was received and asked so far."""

    def wake(self) -> None:
        """Asks again, at the next call, what was found to be missing or silent."""

    def close(self) -> None:
        """Lets go of all connections; never waits for a hung broker longer than a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TailedRecords:
    """New records of a tailed topic; `is_complete` when the topic was read to the end it had at the call."""

    records: tuple[tuple[int, LogRecord], ...]
    is_complete: bool
