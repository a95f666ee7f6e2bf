"""Reads the records of offset ranges, many partitions at a time, with one long-lived consumer.

A fetch brings whole batches, whatever was asked for, so each partition is dropped as soon as it has
answered. A range is done at its last record, at any later record (what was asked for is a hole),
or at the end of the log (what was asked for is a marker, or not there yet).
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import (
    TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME,
    KafkaError,
    KafkaException,
    Message,
)
from confluent_kafka import TopicPartition as KafkaPartition

from kafka_mirror_exporter.clusters.client import ClientFactory, Totals
from kafka_mirror_exporter.clusters.errors import is_silence, unmeasured
from kafka_mirror_exporter.clusters.reader import Fetched, Isolation
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.core.records import FetchedRange, LogRecord, TimestampType

FETCH_SETTINGS: Final[Mapping[str, object]] = {
    # How long the broker may hold an empty answer: the price of learning that a range holds nothing.
    "fetch.wait.max.ms": 10,
    "fetch.error.backoff.ms": 50,
    # The default second is what a full queue would cost each fetch.
    "fetch.queue.backoff.ms": 10,
    "queued.min.messages": 100,
    # One batch always comes. More would be paid for and thrown away; less, and brokers
    # answer one partition per request.
    "max.partition.fetch.bytes": 65_536,
}
PARTITIONS_AT_ONCE: Final = 1_000

_BATCH: Final = 500
_RECORD_OVERHEAD_BYTES: Final = 12
_POLL_SECONDS: Final = 0.1
_METADATA_SHARE: Final = 0.3
_TIMESTAMP_TYPES: Final[Mapping[int, TimestampType]] = {
    TIMESTAMP_CREATE_TIME: "create",
    TIMESTAMP_LOG_APPEND_TIME: "append",
}


@dataclass(slots=True)
class PartitionFetch:
    """What is wanted of one partition and what came of it; without `end`, all up to the end of the log."""

    start: int
    end: int | None
    records: list[LogRecord] = field(default_factory=list)
    read_up_to: int = -1
    is_done: bool = False
    failure: Unmeasured | None = None
    is_out_of_range: bool = False

    @property
    def has_answer(self) -> bool:
        """Whether anything was learnt of the log here."""
        return self.is_done or self.read_up_to >= 0

    def take_record(self, message: Message) -> None:
        """Keeps a record of the range; a record at or past its last offset ends it."""
        offset = _known(message.offset())
        if offset < self.start:
            return
        if self.end is None or offset < self.end:
            self.records.append(log_record(message))
        self.read_up_to = offset + 1 if self.end is None else min(offset + 1, self.end)
        self.is_done = self.end is not None and offset >= self.end - 1

    def take_end_of_log(self, offset: int) -> None:
        """Nothing more is there: what of the range lies before the log's end holds no further record."""
        reached = max(self.start, self.read_up_to, offset)
        self.read_up_to = reached if self.end is None else min(reached, self.end)
        self.is_done = True

    def take_error(self, error: KafkaError) -> None:
        """Errors that may pass are left to the deadline."""
        if is_silence(error):
            return
        self.failure = unmeasured(error)
        self.is_out_of_range = error.code() in (
            KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 - librdkafka's public name for a local error
            KafkaError.OFFSET_OUT_OF_RANGE,
        )
        self.is_done = True


class RecordFetcher:
    """One consumer that is assigned only while it fetches."""

    def __init__(
        self,
        *,
        clients: ClientFactory,
        isolation: Isolation,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self._totals = Totals()
        self.consumer = clients.consumer(
            isolation=isolation, settings={**FETCH_SETTINGS, **(settings or {})}, totals=self._totals
        )
        self.received_bytes = 0
        self._isolation: Isolation = isolation
        self._reported_bytes = 0
        self._topics: dict[str, set[int]] = {}

    def run(
        self,
        wanted: Mapping[TopicPartition, PartitionFetch],
        *,
        max_bytes: int,
        deadline: float,
    ) -> int:
        """Fills the fetches until all are done, and returns the bytes received.

        Ends early at the deadline, or when `max_bytes` were received.
        """
        self._fail_unknown(wanted, deadline=deadline)
        began = self.received_bytes
        waiting = [partition for partition, fetch in wanted.items() if not fetch.is_done]
        for first in range(0, len(waiting), PARTITIONS_AT_ONCE):
            part = waiting[first : first + PARTITIONS_AT_ONCE]
            self._run_part(
                {partition: wanted[partition] for partition in part},
                enough=began + max_bytes,
                deadline=deadline,
            )
        return self._billed(self.received_bytes - began)

    def _billed(self, counted: int) -> int:
        """The records handed over, or what the statistics, a second late, know besides of earlier fetches."""
        billed = max(counted, self._totals.received_bytes - self._reported_bytes)
        self._reported_bytes += billed
        return billed

    def _fail_unknown(self, wanted: Mapping[TopicPartition, PartitionFetch], *, deadline: float) -> None:
        """Fails what is not there, and teaches the client the leaders of new topics.

        Left alone it would look for each of them by itself, which takes half a second.
        """
        if all(partition.partition in self._topics.get(partition.topic, ()) for partition in wanted):
            return
        share = max(0.05, (deadline - time.monotonic()) * _METADATA_SHARE)
        try:
            answer = self.consumer.list_topics(timeout=share)
        except KafkaException:
            # Whoever was asked hangs; the client goes on looking for leaders by itself.
            return
        self._topics = {name: set(topic.partitions) for name, topic in answer.topics.items()}
        for partition, fetch in wanted.items():
            if partition.partition not in self._topics.get(partition.topic, ()):
                fetch.failure = Unmeasured(Reason.OFFSETS_UNREADABLE, "no such partition")
                fetch.is_done = True

    def fetch(
        self, ranges: Mapping[TopicPartition, OffsetRange], *, max_bytes: int, deadline: float
    ) -> Fetched:
        """Each range's records, or why a partition has none to show."""
        wanted = {
            partition: PartitionFetch(start=wished.start, end=wished.end, is_done=not wished)
            for partition, wished in ranges.items()
        }
        received = self.run(wanted, max_bytes=max_bytes, deadline=deadline)
        found: dict[TopicPartition, FetchedRange] = {}
        failed: dict[TopicPartition, Unmeasured] = {}
        for partition, fetch in wanted.items():
            failure = fetch.failure
            if failure is None and not fetch.has_answer:
                failure = self._silence_of(partition, is_out_of_bytes=received >= max_bytes)
            if failure:
                failed[partition] = failure
            else:
                found[partition] = FetchedRange(
                    records=tuple(fetch.records), read_up_to=max(fetch.start, fetch.read_up_to)
                )
        return Fetched(found=found, failed=failed, received_bytes=received)

    def _silence_of(self, partition: TopicPartition, *, is_out_of_bytes: bool) -> Unmeasured | None:
        """Why nothing was learnt of a partition; None where its broker holds back what is not yet stable."""
        if is_out_of_bytes:
            return Unmeasured(Reason.BUDGET_EXHAUSTED, "no bytes left to fetch with")
        if self._isolation == "read_committed" and self._is_answered(partition):
            return None
        return Unmeasured(Reason.LEADER_UNREACHABLE, "no record in time")

    def _is_answered(self, partition: TopicPartition) -> bool:
        kafka_partition = KafkaPartition(partition.topic, partition.partition)
        return self.consumer.get_watermark_offsets(kafka_partition, cached=True)[1] >= 0

    def _run_part(
        self, wanted: dict[TopicPartition, PartitionFetch], *, enough: int, deadline: float
    ) -> None:
        if self.received_bytes >= enough:
            return
        self.consumer.assign(
            [
                KafkaPartition(partition.topic, partition.partition, fetch.start)
                for partition, fetch in wanted.items()
            ]
        )
        try:
            while wanted and self.received_bytes < enough:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    break
                self._take(self._next_messages(min(remaining, _POLL_SECONDS)), wanted, enough=enough)
        finally:
            self.consumer.unassign()

    def _next_messages(self, timeout: float) -> list[Message]:
        """All there is as soon as there is something: `consume` alone would wait for its full count."""
        try:
            first = self.consumer.poll(timeout)
            return [] if first is None else [first, *self.consumer.consume(_BATCH, 0)]
        except KafkaException:
            # An error of the whole client; the deadline decides whether it passes.
            return []

    def _take(
        self, messages: Iterable[Message], wanted: dict[TopicPartition, PartitionFetch], *, enough: int
    ) -> None:
        done: list[KafkaPartition] = []
        for message in messages:
            error = message.error()
            if error is None:
                self.received_bytes += len(message) + _RECORD_OVERHEAD_BYTES
            topic, number = message.topic(), message.partition()
            if topic is None or number is None:
                continue
            partition = TopicPartition(topic, number)
            fetch = wanted.get(partition)
            if fetch is None:
                continue
            if error is None:
                fetch.take_record(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - as above
                fetch.take_end_of_log(_known(message.offset()))
            else:
                fetch.take_error(error)
            if fetch.is_done:
                del wanted[partition]
                done.append(KafkaPartition(topic, number))
            if self.received_bytes >= enough:
                break
        if done and wanted:
            self.consumer.incremental_unassign(done)


def log_record(message: Message) -> LogRecord:
    """A message of librdkafka as a record."""
    kind, timestamp_ms = message.timestamp()
    headers: Any = message.headers() or ()
    return LogRecord(
        offset=_known(message.offset()),
        timestamp_ms=timestamp_ms,
        timestamp_type=_TIMESTAMP_TYPES.get(kind, "none"),
        key=message.key(),
        value=message.value(),
        headers=tuple((name, value) for name, value in headers),
    )


def _known(offset: int | None) -> int:
    if offset is None:
        raise ValueError("a message without an offset")
    return offset
