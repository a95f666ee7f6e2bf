"""Reads a cluster through confluent_kafka."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from kafka_mirror_exporter.clusters import metadata, topic_configs
from kafka_mirror_exporter.clusters.api_rest import ApiRest
from kafka_mirror_exporter.clusters.client import Client, ClientFactory, close_aside
from kafka_mirror_exporter.clusters.groups import GroupQueries
from kafka_mirror_exporter.clusters.offsets import END, LOG_START, OffsetQueries
from kafka_mirror_exporter.clusters.reader import (
    NO_OFFSET,
    ClusterMetadata,
    Fetched,
    GroupListing,
    GroupMembers,
    GroupOffsets,
    Isolation,
    Offsets,
    TailedRecords,
    Traffic,
)
from kafka_mirror_exporter.clusters.record_fetcher import RecordFetcher
from kafka_mirror_exporter.clusters.tailer import Tailer
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, Side, TopicPartition
from kafka_mirror_exporter.errors import ApiUnavailable, ClusterUnreachable

OFFSETS_AT: Final = "offsets by timestamp"


class ConfluentReader:
    """One cluster, read only; see `ClusterReader` for what each call promises."""

    def __init__(
        self,
        *,
        properties: Mapping[str, str],
        bootstrap_servers: str,
        side: Side,
        client_id: str = "kafka-mirror-exporter",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = ClientFactory(
            properties=properties, bootstrap_servers=bootstrap_servers, side=side, client_id=client_id
        )
        self._rest = ApiRest(clock)
        self._admin_client = self._clients.admin()
        self._admin_has_answered = False
        self._offsets = OffsetQueries(clients=self._clients, admin=self._admin)
        self._groups = GroupQueries(
            admin=self._admin,
            describer=self._clients.admin,
            commit_client=self._clients.commit_client,
            rest=self._rest,
            clock=clock,
        )
        self._fetchers: dict[Isolation, RecordFetcher] = {}
        self._tailers: dict[Isolation, Tailer] = {}
        self._metadata: ClusterMetadata | None = None
        self._finds_timestamps = False

    def read_metadata(self, *, timeout: float) -> ClusterMetadata:
        """Asks for all topics at once: naming one could create it."""
        try:
            self._metadata = metadata.read_metadata(
                client=self._admin, renew=self._renewed_admin, timeout=timeout
            )
        except ClusterUnreachable as exc:
            raise ClusterUnreachable(" ".join(filter(None, [str(exc), self._last_error()]))) from exc
        self._admin_has_answered = True
        return self._metadata

    def read_refusals(self, topics: Iterable[str], *, timeout: float) -> Mapping[str, Unmeasured]:
        """Which of these topics, that the metadata of all topics lacks, are there and not to be seen."""
        consumer = self._fetcher("read_uncommitted").consumer
        return metadata.read_refusals(consumer, topics, deadline=time.monotonic() + timeout)

    def read_end_offsets(
        self, leaders: Mapping[TopicPartition, int], *, isolation: Isolation, timeout: float
    ) -> Offsets:
        """High watermarks, or last stable offsets with read_committed."""
        return self._query_all(END, leaders, isolation=isolation, timeout=timeout)

    def read_log_start_offsets(self, leaders: Mapping[TopicPartition, int], *, timeout: float) -> Offsets:
        """First offsets still kept."""
        return self._query_all(LOG_START, leaders, isolation="read_uncommitted", timeout=timeout)

    def read_offsets_at(
        self,
        timestamps_ms: Mapping[TopicPartition, int],
        leaders: Mapping[TopicPartition, int],
        *,
        timeout: float,
    ) -> Offsets:
        """First offset whose record (or control marker) is that old or younger; NO_OFFSET where none is."""
        self._rest.check(OFFSETS_AT)
        deadline = time.monotonic() + timeout
        answer = self._offsets.query(timestamps_ms, leaders, isolation="read_uncommitted", timeout=timeout)
        reasons = {failure.reason for failure in answer.failed.values()}
        if not answer.found and reasons == {Reason.API_UNSUPPORTED}:
            self._rest.unsupported(OFFSETS_AT)
        elif answer.found:
            self._check_finds_timestamps(answer, leaders, deadline=deadline)
            self._rest.answered(OFFSETS_AT)
        return answer

    def list_groups(self, *, timeout: float) -> GroupListing:
        """The names of all groups."""
        return self._groups.list_groups(timeout=timeout)

    def read_group_offsets(
        self, groups: Iterable[str], *, known_partitions: Sequence[TopicPartition], timeout: float
    ) -> GroupOffsets:
        """Committed offsets; `known_partitions` are named only to brokers that answer nothing otherwise."""
        return self._groups.read_offsets(groups, known_partitions=known_partitions, timeout=timeout)

    def read_group_members(self, groups: Iterable[str], *, timeout: float) -> GroupMembers:
        """How many members each group has."""
        return self._groups.read_members(groups, timeout=timeout)

    def read_topic_configs(
        self, topics: Iterable[str], *, timeout: float
    ) -> Mapping[str, Mapping[str, str] | Unmeasured]:
        """Effective configuration of topics."""
        return topic_configs.read_topic_configs(self._admin_client, topics, rest=self._rest, timeout=timeout)

    def fetch_ranges(
        self,
        ranges: Mapping[TopicPartition, OffsetRange],
        *,
        isolation: Isolation,
        max_bytes: int,
        timeout: float,
    ) -> Fetched:
        """The data records of offset ranges, many partitions at a time."""
        deadline = time.monotonic() + timeout
        return self._fetcher(isolation).fetch(ranges, max_bytes=max_bytes, deadline=deadline)

    def tail(self, topic: str, *, isolation: Isolation, max_bytes: int, timeout: float) -> TailedRecords:
        """Records of a small internal topic that were not handed out before, from its beginning on.

        Its partitions are those of the last metadata; a topic that is not there is never complete.
        """
        deadline = time.monotonic() + timeout
        if self._metadata is None or topic not in self._metadata.topics:
            self.read_metadata(timeout=timeout)
        partitions = self._metadata.topics.get(topic, {}) if self._metadata else {}
        if isolation not in self._tailers:
            self._tailers[isolation] = Tailer(clients=self._clients, isolation=isolation)
        return self._tailers[isolation].tail(topic, partitions, max_bytes=max_bytes, deadline=deadline)

    def traffic(self) -> Traffic:
        """What was received and asked so far, as of a second ago; also lets clients report their errors."""
        self.pump()
        return self._clients.traffic()

    def pump(self) -> None:
        """Lets the clients deliver their statistics, errors and log lines; cheap, meant for every second."""
        self._admin_client.poll(0)
        for consumer in self._open_consumers():
            consumer.poll(0)

    def wake(self) -> None:
        """Asks APIs again that were put to rest."""
        self._rest.wake()
        self._groups.wake()

    def close(self) -> None:
        """Lets go of all connections; never waits for a hung broker longer than a second."""
        doomed: list[Client] = [*self._open_consumers(), self._admin_client]
        self._offsets.release()
        self._groups.release()
        self._fetchers.clear()
        self._tailers.clear()
        del self._admin_client
        close_aside(doomed)

    def _fetcher(self, isolation: Isolation) -> RecordFetcher:
        if isolation not in self._fetchers:
            self._fetchers[isolation] = RecordFetcher(clients=self._clients, isolation=isolation)
        return self._fetchers[isolation]

    def _admin(self) -> AdminClient:
        return self._admin_client

    def _renewed_admin(self) -> AdminClient | None:
        """A new client in place of one that answered once; one that never did has nothing to get rid of."""
        if not self._admin_has_answered:
            return None
        self._admin_has_answered = False
        stuck: list[Client] = [self._admin_client]
        self._admin_client = self._clients.admin()
        close_aside(stuck, timeout=0)
        return self._admin_client

    def _open_consumers(self) -> list[Consumer]:
        return [
            *self._offsets.consumers(),
            *(fetcher.consumer for fetcher in self._fetchers.values()),
            *(tailer.consumer for tailer in self._tailers.values()),
        ]

    def _last_error(self) -> str:
        self.pump()
        return self._clients.last_error

    def _query_all(
        self, at: int, leaders: Mapping[TopicPartition, int], *, isolation: Isolation, timeout: float
    ) -> Offsets:
        answer = self._offsets.query(
            dict.fromkeys(leaders, at), leaders, isolation=isolation, timeout=timeout
        )
        if leaders and not answer.found:
            self._raise_if_nobody_answers(answer, leaders)
        return answer

    def _raise_if_nobody_answers(self, answer: Offsets, leaders: Mapping[TopicPartition, int]) -> None:
        is_silent = all(failure.reason is Reason.LEADER_UNREACHABLE for failure in answer.failed.values())
        brokers = set(self._metadata.brokers) if self._metadata else set()
        asked = {leader for leader in leaders.values() if leader >= 0}
        if is_silent and asked and asked >= brokers:
            raise ClusterUnreachable(f"no broker answered in time: {self._last_error() or 'silence'}")

    def _check_finds_timestamps(
        self, answer: Offsets, leaders: Mapping[TopicPartition, int], *, deadline: float
    ) -> None:
        """Unmasks brokers that find no timestamp at all: any record is younger than 1970."""
        if self._finds_timestamps or any(offset != NO_OFFSET for offset in answer.found.values()):
            self._finds_timestamps = True
            return
        sample = {partition: leaders[partition] for partition in list(answer.found)[:100]}
        remaining = max(0.05, (deadline - time.monotonic()) / 3)
        starts = self.read_log_start_offsets(sample, timeout=remaining).found
        since_ever = self._offsets.query(
            dict.fromkeys(sample, 0), sample, isolation="read_uncommitted", timeout=remaining
        ).found
        ends = self.read_end_offsets(sample, isolation="read_uncommitted", timeout=remaining).found
        if any(offset != NO_OFFSET for offset in since_ever.values()):
            self._finds_timestamps = True
        elif any(ends.get(partition, 0) > start for partition, start in starts.items()):
            self._rest.unsupported(OFFSETS_AT)
            raise ApiUnavailable("the brokers find no timestamps", reason=Reason.API_UNSUPPORTED)
