"""What is true, known without the exporter: a producer's schedule, and the records really on the target."""

import threading
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka import TopicPartition as KafkaPartition

QUIET = {"log_level": 0, "socket.timeout.ms": 10_000}
Partition = tuple[str, int]


@dataclass(slots=True)
class Appended:
    """The records of one source partition in offset order: offsets, numbers, and when they were appended."""

    offsets: array = field(default_factory=lambda: array("q"))
    numbers: array = field(default_factory=lambda: array("q"))
    at: array = field(default_factory=lambda: array("d"))
    acknowledged: array = field(default_factory=lambda: array("d"))


class Workload:
    """Produces at a steady rate from a thread of its own, and keeps its schedule.

    A record's value is its number in its partition. `timestamp_shift_ms` back-dates (negative) or
    post-dates what is produced; it may be changed while it runs.
    """

    def __init__(
        self,
        bootstrap: str,
        partitions: Iterable[Partition],
        *,
        rate: float,
        padding: int = 50,
        prefix: str = "",
    ) -> None:
        self.rate = rate
        self.timestamp_shift_ms = 0
        self.appended: dict[Partition, Appended] = {partition: Appended() for partition in partitions}
        self._padding, self._prefix = b"x" * padding, prefix.encode()
        self._next = dict.fromkeys(self.appended, 0)
        self._producer = Producer(QUIET | {"bootstrap.servers": bootstrap, "linger.ms": 2})
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends production; everything sent is acknowledged then."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None
        if self._producer.flush(20):
            raise TimeoutError("records of the workload were not acknowledged")

    def send(self, partition: Partition, *, count: int = 1) -> None:
        """Produces some records now, and waits until they are there."""
        for _ in range(count):
            self._produce(partition)
            self._producer.poll(0)
        if self._producer.flush(20):
            raise TimeoutError("records of the workload were not acknowledged")

    def _run(self) -> None:
        turn = list(self.appended)
        sent, began = 0, time.monotonic()
        while not self._stopping.wait(0.02):
            due = int((time.monotonic() - began) * self.rate) - sent
            for _ in range(due):
                self._produce(turn[sent % len(turn)])
                sent += 1
            self._producer.poll(0)

    def _produce(self, partition: Partition) -> None:
        number, at = self._next[partition], time.monotonic()
        self._next[partition] += 1

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                log = self.appended[partition]
                log.offsets.append(message.offset())
                log.numbers.append(number)
                log.at.append(at)
                log.acknowledged.append(time.monotonic())

        self._producer.produce(
            partition[0],
            partition=partition[1],
            key=b"%d" % (number % 7),
            value=b"%s%d:%s" % (self._prefix, number, self._padding),
            timestamp=int(time.time() * 1000) + self.timestamp_shift_ms,
            on_delivery=delivered,
        )


class Follower:
    """Reads topics from their beginning in a thread of its own; notes when each record was first there."""

    def __init__(self, bootstrap: str, names: Mapping[str, str], *, prefix: str = "") -> None:
        """`names` gives each topic to follow the name that its records are kept under."""
        self.first_seen: dict[Partition, dict[int, float]] = {}
        self.copies: dict[Partition, int] = {}
        self._names, self._prefix = dict(names), len(prefix)
        self._assigned: set[Partition] = set()
        self._consumer = Consumer(
            QUIET
            | {
                "bootstrap.servers": bootstrap, "group.id": "truth", "enable.auto.commit": False,
                "isolation.level": "read_committed", "fetch.wait.max.ms": 10, "fetch.queue.backoff.ms": 5,
                "auto.offset.reset": "earliest", "allow.auto.create.topics": False,
                "topic.metadata.refresh.interval.ms": 1_000,
            }
        )  # fmt: skip
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _find_partitions(self) -> None:
        try:
            topics = self._consumer.list_topics(timeout=2).topics
        except KafkaException:
            # The cluster is silent for now, as some scenarios want it to be: partitions are found later.
            return
        new = [
            (name, partition)
            for name in self._names
            for partition in (topics[name].partitions if name in topics else ())
            if (name, partition) not in self._assigned
        ]
        if new:
            self._assigned.update(new)
            self._consumer.incremental_assign([KafkaPartition(t, p, OFFSET_BEGINNING) for t, p in new])

    def _run(self) -> None:
        looked = 0.0
        while not self._stopping.is_set():
            if time.monotonic() - looked > 1.0:
                self._find_partitions()
                looked = time.monotonic()
            for message in self._consumer.consume(500, timeout=0.01):
                if message.error() is None:
                    self._note(message, time.monotonic())
        self._consumer.close()

    def _note(self, message: Message, at: float) -> None:
        partition = (self._names[message.topic() or ""], message.partition() or 0)
        number = int((message.value() or b"")[self._prefix :].partition(b":")[0])
        seen = self.first_seen.setdefault(partition, {})
        seen.setdefault(number, at)
        self.copies[partition] = self.copies.get(partition, 0) + 1

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)


class Truth:
    """Position, lag and drift that were true at any moment, by a schedule and by what was on the target."""

    def __init__(
        self, workload: Workload, follower: Follower, *, gone: Mapping[Partition, Sequence[int]] = {}
    ) -> None:
        """`gone`: numbers of records that were deleted before they could be mirrored."""
        self._appended = workload.appended
        self._complete: dict[Partition, array] = {}
        for partition, log in self._appended.items():
            seen, never = follower.first_seen.get(partition, {}), set(gone.get(partition, ()))
            complete, latest = array("d"), 0.0
            for number in log.numbers:
                if number not in never:
                    latest = max(latest, seen.get(number, float("inf")))
                complete.append(latest)
            self._complete[partition] = complete

    def _next(self, partition: Partition, at: float) -> int:
        """The index of the first record that was missing on the target."""
        return bisect_right(self._complete[partition], at)

    def position(self, partition: Partition, at: float) -> int:
        """The next source offset to be mirrored."""
        log, index = self._appended[partition], self._next(partition, at)
        if index < len(log.offsets):
            return log.offsets[index]
        return log.offsets[-1] + 1 if log.offsets else 0

    def lag(self, partition: Partition, at: float) -> int:
        """Records appended and not yet mirrored."""
        return max(0, bisect_right(self._appended[partition].at, at) - self._next(partition, at))

    def drift(self, partition: Partition, at: float) -> tuple[float, float]:
        """How long the first of them had been waiting, at least and at most.

        A record was appended between its production and its acknowledgement; on a busy machine that differs.
        """
        log, index = self._appended[partition], self._next(partition, at)
        if index >= len(log.at) or log.at[index] >= at:
            return 0.0, 0.0
        return max(0.0, at - log.acknowledged[index]), at - log.at[index]
