"""Two logs in memory behind the reader protocol: the pure part of a poll can be tried thousands of times."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from kafka_mirror_exporter.clusters.reader import (
    NO_OFFSET,
    ClusterMetadata,
    ClusterReader,
    Fetched,
    GroupListing,
    GroupMembers,
    GroupOffsets,
    Isolation,
    Offsets,
    TailedRecords,
    Traffic,
)
from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.core.records import FetchedRange, Headers, LogRecord
from kafka_mirror_exporter.errors import ClusterUnreachable

T = TypeVar("T")


@dataclass(slots=True)
class FakeLog:
    """A log: entries by offset (None is a marker), from `start` on."""

    entries: list[LogRecord | None] = field(default_factory=list)
    start: int = 0

    @property
    def end(self) -> int:
        return len(self.entries)

    def append(
        self, value: bytes, *, timestamp_ms: int, key: bytes | None = None, headers: Headers = ()
    ) -> int:
        offset = self.end
        self.entries.append(
            LogRecord(
                offset=offset, timestamp_ms=timestamp_ms, timestamp_type="create",
                key=key, value=value, headers=headers,
            )
        )  # fmt: skip
        return offset

    def append_marker(self) -> None:
        self.entries.append(None)

    def records(self, wanted: OffsetRange) -> tuple[LogRecord, ...]:
        return tuple(r for r in self.entries[max(wanted.start, self.start) : wanted.end] if r is not None)


@dataclass(slots=True)
class FakeCluster:
    """A cluster of such logs; everything it is asked is answered at once."""

    logs: dict[TopicPartition, FakeLog] = field(default_factory=dict)
    groups: dict[str, dict[TopicPartition, int]] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    is_down: bool = False
    hidden: dict[str, Unmeasured] = field(default_factory=dict)
    asked_by_name: list[str] = field(default_factory=list)
    listing_failed: Unmeasured | None = None
    unlisted_groups: set[str] = field(default_factory=set)
    refused_groups: dict[str, Unmeasured] = field(default_factory=dict)
    fetched_records: int = 0
    fetched_partitions: list[TopicPartition] = field(default_factory=list)
    _tailed: dict[TopicPartition, int] = field(default_factory=dict)

    def log(self, topic: str, partition: int = 0) -> FakeLog:
        return self.logs.setdefault(TopicPartition(topic, partition), FakeLog())

    def read_metadata(self, *, timeout: float) -> ClusterMetadata:
        del timeout
        self._answer()
        topics: dict[str, dict[int, int]] = {}
        for topic, partition in self.logs:
            topics.setdefault(topic, {})[partition] = 1
        return ClusterMetadata(cluster_id="fake", brokers={1: "fake:1"}, topics=topics)

    def read_refusals(self, topics: Iterable[str], *, timeout: float) -> Mapping[str, Unmeasured]:
        del timeout
        self.asked_by_name += topics
        return {topic: self.hidden[topic] for topic in topics if topic in self.hidden}

    def read_end_offsets(
        self, leaders: Mapping[TopicPartition, int], *, isolation: Isolation, timeout: float
    ) -> Offsets:
        del isolation, timeout
        self._answer()
        return Offsets(found={tp: self.logs[tp].end for tp in leaders}, failed={})

    def read_log_start_offsets(self, leaders: Mapping[TopicPartition, int], *, timeout: float) -> Offsets:
        del timeout
        self._answer()
        return Offsets(found={tp: self.logs[tp].start for tp in leaders}, failed={})

    def _answer(self) -> None:
        if self.is_down:
            raise ClusterUnreachable("the cluster is down")

    def read_offsets_at(
        self,
        timestamps_ms: Mapping[TopicPartition, int],
        leaders: Mapping[TopicPartition, int],
        *,
        timeout: float,
    ) -> Offsets:
        del timeout
        found = {}
        for tp in leaders:
            log = self.logs[tp]
            hits = (
                r.offset for r in log.records(OffsetRange(0, log.end)) if r.timestamp_ms >= timestamps_ms[tp]
            )
            found[tp] = next(hits, NO_OFFSET)
        return Offsets(found=found, failed={})

    def list_groups(self, *, timeout: float) -> GroupListing:
        del timeout
        listed = tuple(group for group in self.groups if group not in self.unlisted_groups)
        return GroupListing(groups=listed, failed=self.listing_failed)

    def read_group_offsets(
        self, groups: Iterable[str], *, known_partitions: Sequence[TopicPartition], timeout: float
    ) -> GroupOffsets:
        del known_partitions, timeout
        asked = set(groups)
        return GroupOffsets(
            found={group: dict(self.groups.get(group, {})) for group in asked - self.refused_groups.keys()},
            failed={group: why for group, why in self.refused_groups.items() if group in asked},
        )

    def read_group_members(self, groups: Iterable[str], *, timeout: float) -> GroupMembers:
        del timeout
        return GroupMembers(found={group: self.members.get(group, 0) for group in groups}, failed={})

    def read_topic_configs(
        self, topics: Iterable[str], *, timeout: float
    ) -> Mapping[str, Mapping[str, str] | Unmeasured]:
        del timeout
        return {topic: {"cleanup.policy": "delete", "retention.ms": "604800000"} for topic in topics}

    def fetch_ranges(
        self,
        ranges: Mapping[TopicPartition, OffsetRange],
        *,
        isolation: Isolation,
        max_bytes: int,
        timeout: float,
    ) -> Fetched:
        del isolation, max_bytes, timeout
        found = {
            tp: FetchedRange(records=self.logs[tp].records(wanted), read_up_to=wanted.end)
            for tp, wanted in ranges.items()
        }
        self.fetched_partitions += list(ranges)
        self.fetched_records += sum(len(fetched.records) for fetched in found.values())
        return Fetched(found=found, failed={}, received_bytes=0)

    def tail(self, topic: str, *, isolation: Isolation, max_bytes: int, timeout: float) -> TailedRecords:
        del isolation, max_bytes, timeout
        records = []
        for tp, log in self.logs.items():
            if tp.topic == topic:
                start = self._tailed.get(tp, 0)
                records += [(tp.partition, r) for r in log.records(OffsetRange(start, log.end))]
                self._tailed[tp] = log.end
        return TailedRecords(records=tuple(records), is_complete=True)

    def traffic(self) -> Traffic:
        return Traffic(received_bytes=0, requests=0)

    def wake(self) -> None:
        """Nothing rests."""

    def close(self) -> None:
        """Nothing is held."""


class FakeCaller:
    """Calls at once, on the caller's own thread."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster

    def submit(self, call: Callable[[ClusterReader], T]) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(call(self.cluster))
        except ClusterUnreachable as failure:
            future.set_exception(failure)
        return future

    def result_of(self, future: Future[T], timeout: float) -> T:
        return future.result(timeout)

    def call(self, call: Callable[[ClusterReader], T], timeout: float) -> T:
        return self.result_of(self.submit(call), timeout)

    def traffic(self) -> Traffic:
        return self.cluster.traffic()
