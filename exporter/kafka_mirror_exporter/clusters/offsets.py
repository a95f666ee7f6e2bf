"""Lists offsets of thousands of partitions, by the fast way where it is known to be right.

Both ways ask in chunks of 100 partitions with one leader, for librdkafka's cost grows with the square
of a call's size, and a chunk of one leader keeps a hanging broker from holding the others.

- `Consumer.offsets_for_times` with the special times -1 (end) and -2 (start), one chunk after the other:
  the fewest CPU seconds. It blocks, so it gets a share of the timeout, and only leaders that answered
  last time.
- `AdminClient.list_offsets`, all chunks in flight: for the rest. Whoever has not answered at the
  deadline fails.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo, OffsetSpec  # type: ignore[attr-defined]  # not in its __all__

from kafka_mirror_exporter.clusters.chunks import Chunk, chunks_by_leader
from kafka_mirror_exporter.clusters.client import ClientFactory, close_aside
from kafka_mirror_exporter.clusters.errors import is_silence, kafka_error, unmeasured
from kafka_mirror_exporter.clusters.reader import NO_OFFSET, Isolation, Offsets
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition

END: Final = -1
LOG_START: Final = -2

_FAST_SHARE: Final = 0.3  # of the timeout, for all that the fast way may block in one call
_FAST_CHUNK_SHARE: Final = 0.2  # of the timeout, for one chunk
_SILENT_GRACE_SECONDS: Final = 0.5
_SLOW_CHUNK_SECONDS: Final = 0.02  # a network on which asking chunk by chunk is the slower way
_NO_LEADER: Final = Unmeasured(Reason.LEADER_UNREACHABLE, "no leader now")
_NO_ANSWER: Final = Unmeasured(Reason.LEADER_UNREACHABLE, "no answer in time")

# A client's own metadata is renewed every few minutes: it may not know a new partition, or a new leader.
_STALE: Final = frozenset(
    {
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - local errors' names
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - as above
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
    }
)


class OffsetQueries:
    """Answers "which offset at this time?" for many partitions, by the better of two ways."""

    def __init__(self, *, clients: ClientFactory, admin: Callable[[], AdminClient]) -> None:
        self._clients = clients
        self._admin = admin
        self._consumers: dict[Isolation, Consumer] = {}
        self._silent_leaders: set[int] = set()
        self._has_old_leaders = False
        self._is_trusted: dict[tuple[Isolation, int], bool] = {}

    def query(
        self,
        times: Mapping[TopicPartition, int],
        leaders: Mapping[TopicPartition, int],
        *,
        isolation: Isolation,
        timeout: float,
    ) -> Offsets:
        """The offset at each time: a timestamp in ms, or `END`, or `LOG_START`."""
        deadline = time.monotonic() + timeout
        found: dict[TopicPartition, int] = {}
        failed: dict[TopicPartition, Unmeasured] = {
            partition: _NO_LEADER for partition in times if leaders.get(partition, -1) < 0
        }
        chunks = list(chunks_by_leader(times, leaders))
        fast = [chunk for chunk in chunks if chunk[0] not in self._silent_leaders]
        slow = [chunk for chunk in chunks if chunk[0] in self._silent_leaders]
        self._renew_leaders(timeout=timeout * _FAST_CHUNK_SHARE)
        asked = self._submit(slow, times, isolation=isolation, deadline=deadline)
        left = self._query_fast(fast, times, isolation=isolation, timeout=timeout, found=found, failed=failed)
        asked.update(self._submit(left, times, isolation=isolation, deadline=deadline))
        self._collect(asked, times, leaders, deadline=deadline, found=found, failed=failed)
        return Offsets(found=found, failed=failed)

    def consumers(self) -> list[Consumer]:
        """The clients now open."""
        return list(self._consumers.values())

    def release(self) -> list[Consumer]:
        """Hands over the open clients for closing."""
        consumers = self.consumers()
        self._consumers.clear()
        return consumers

    def _renew_leaders(self, *, timeout: float) -> None:
        """Lets the admin client look again: it remembers for minutes that a partition had no leader."""
        if not self._has_old_leaders:
            return
        try:
            self._admin().list_topics(timeout=timeout)
        except KafkaException:
            return
        self._has_old_leaders = False

    def _query_fast(
        self,
        chunks: list[Chunk],
        times: Mapping[TopicPartition, int],
        *,
        isolation: Isolation,
        timeout: float,
        found: dict[TopicPartition, int],
        failed: dict[TopicPartition, Unmeasured],
    ) -> list[Chunk]:
        """Fills `found` and `failed`, and returns the chunks that need the other way."""
        began = time.monotonic()
        left: list[Chunk] = []
        silent: set[int] = set()
        for done, chunk in enumerate(chunks):
            leader, partitions = chunk
            elapsed = time.monotonic() - began
            is_slow = done > 3 and elapsed > done * _SLOW_CHUNK_SECONDS
            remaining = timeout * _FAST_SHARE - elapsed
            kind = (isolation, min(times[partitions[0]], 0))
            if leader in silent or is_slow or remaining <= 0 or self._is_trusted.get(kind) is False:
                left.append(chunk)
                continue
            if kind not in self._is_trusted:
                self._check_trust(kind, chunk, times, timeout=min(remaining, timeout * _FAST_CHUNK_SHARE))
            answer = self._ask_fast(
                partitions, times, isolation=isolation, timeout=min(remaining, timeout * _FAST_CHUNK_SHARE)
            )
            if answer is None or not self._is_trusted.get(kind, True):
                silent.add(leader)
                left.append(chunk)
            else:
                found.update(answer.found)
                failed.update(answer.failed)
        return left

    def _ask_fast(
        self,
        partitions: list[TopicPartition],
        times: Mapping[TopicPartition, int],
        *,
        isolation: Isolation,
        timeout: float,
    ) -> Offsets | None:
        """The answer for one chunk; None when the other way has to be tried."""
        asked = [KafkaPartition(topic, number, times[topic, number]) for topic, number in partitions]  # type: ignore[index]
        try:
            answers = self._consumer(isolation).offsets_for_times(asked, timeout=timeout)
        except KafkaException as exc:
            if is_silence(kafka_error(exc)):
                # A client that still takes the old broker for the leader would time out for ever.
                self._replace_consumer(isolation)
            return None
        found: dict[TopicPartition, int] = {}
        failed: dict[TopicPartition, Unmeasured] = {}
        for answer in answers:
            partition = TopicPartition(answer.topic, answer.partition)
            if answer.error:
                if answer.error.code() in _STALE:
                    self._refresh(isolation, timeout=timeout)
                    return None
                if is_silence(answer.error):
                    return None
                failed[partition] = unmeasured(answer.error)
            elif answer.offset >= 0:
                found[partition] = answer.offset
            elif times[partition] >= 0:
                found[partition] = NO_OFFSET
            else:
                return None  # no log has its end or start at -1: this broker does not know the special times
        return Offsets(found=found, failed=failed)

    def _refresh(self, isolation: Isolation, *, timeout: float) -> None:
        """Lets a client look again that knows less than the metadata we were asked with."""
        try:
            self._consumer(isolation).list_topics(timeout=timeout)
        except KafkaException:
            self._replace_consumer(isolation)

    def _check_trust(
        self,
        kind: tuple[Isolation, int],
        chunk: Chunk,
        times: Mapping[TopicPartition, int],
        *,
        timeout: float,
    ) -> None:
        """Compares both ways once: offsets only grow, so the sure answer must lie between two fast ones."""
        isolation, _ = kind
        deadline = time.monotonic() + timeout
        before = self._ask_fast(chunk[1], times, isolation=isolation, timeout=timeout)
        if before is None:
            return
        found: dict[TopicPartition, int] = {}
        failed: dict[TopicPartition, Unmeasured] = {}
        asked = self._submit([chunk], times, isolation=isolation, deadline=deadline)
        leaders = dict.fromkeys(chunk[1], chunk[0])
        self._collect(asked, times, leaders, deadline=deadline, found=found, failed=failed)
        after = self._ask_fast(chunk[1], times, isolation=isolation, timeout=timeout)
        if after is None or not found:
            return
        self._is_trusted[kind] = all(
            _lies_between(before.found.get(partition), sure, after.found.get(partition))
            for partition, sure in found.items()
        )

    def _submit(
        self,
        chunks: list[Chunk],
        times: Mapping[TopicPartition, int],
        *,
        isolation: Isolation,
        deadline: float,
    ) -> dict[Future[ListOffsetsResultInfo], TopicPartition]:
        asked: dict[Future[ListOffsetsResultInfo], TopicPartition] = {}
        level = (
            IsolationLevel.READ_COMMITTED
            if isolation == "read_committed"
            else IsolationLevel.READ_UNCOMMITTED
        )
        for _, partitions in chunks:
            request = {
                KafkaPartition(partition.topic, partition.partition): _spec(times[partition])
                for partition in partitions
            }
            futures = self._admin().list_offsets(
                request,
                isolation_level=level,
                request_timeout=max(0.05, deadline - time.monotonic()),
            )
            for asked_for, future in futures.items():
                asked[future] = TopicPartition(asked_for.topic, asked_for.partition)
        return asked

    def _collect(
        self,
        asked: Mapping[Future[ListOffsetsResultInfo], TopicPartition],
        times: Mapping[TopicPartition, int],
        leaders: Mapping[TopicPartition, int],
        *,
        deadline: float,
        found: dict[TopicPartition, int],
        failed: dict[TopicPartition, Unmeasured],
    ) -> None:
        answered = self._wait(asked, leaders, deadline=deadline)
        talking: set[int] = set()
        silent: set[int] = set()
        for future, partition in asked.items():
            leader = leaders[partition]
            if future not in answered:
                failed[partition] = _NO_ANSWER
                silent.add(leader)
                continue
            failure = future.exception()
            if failure is None:
                offset = future.result().offset
                if offset >= 0 or (offset == NO_OFFSET and times[partition] >= 0):
                    found[partition] = offset
                    talking.add(leader)
                else:
                    # librdkafka's answer when its own deadline passes first: no error, and no offset either.
                    failed[partition] = _NO_ANSWER
                    silent.add(leader)
            elif isinstance(failure, KafkaException):
                error = kafka_error(failure)
                failed[partition] = unmeasured(error)
                self._has_old_leaders |= error.code() == KafkaError._NOENT  # noqa: SLF001 - a local error's name
                (silent if is_silence(error) else talking).add(leader)
            else:
                raise failure
        self._silent_leaders |= silent - talking
        self._silent_leaders -= talking

    def _wait(
        self,
        asked: Mapping[Future[ListOffsetsResultInfo], TopicPartition],
        leaders: Mapping[TopicPartition, int],
        *,
        deadline: float,
    ) -> set[Future[ListOffsetsResultInfo]]:
        """The futures that answered; leaders silent last time hold nobody up for long again."""
        remaining = max(0.0, deadline - time.monotonic())
        silent = {future for future, partition in asked.items() if leaders[partition] in self._silent_leaders}
        grace = min(remaining, _SILENT_GRACE_SECONDS)
        early = wait(silent, timeout=grace).done
        remaining = max(0.0, deadline - time.monotonic())
        return early | wait(asked.keys() - silent, timeout=remaining).done | {f for f in silent if f.done()}

    def _consumer(self, isolation: Isolation) -> Consumer:
        if isolation not in self._consumers:
            self._consumers[isolation] = self._clients.consumer(isolation=isolation)
        return self._consumers[isolation]

    def _replace_consumer(self, isolation: Isolation) -> None:
        close_aside([self._consumers.pop(isolation)], timeout=0)


def _spec(at: int) -> Any:
    """Never the maximum timestamp: Redpanda answers it with the first record and no error."""
    spec: Any = OffsetSpec  # its constructors are untyped
    if at == END:
        return spec.latest()
    if at == LOG_START:
        return spec.earliest()
    return spec.for_timestamp(at)


def _lies_between(before: int | None, sure: int, after: int | None) -> bool:
    return before is not None and after is not None and before <= sure <= after
