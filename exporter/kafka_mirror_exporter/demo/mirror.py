"""A toy MirrorMaker 2 with faults to press: it copies records, and writes real offset syncs."""

import struct
import threading
import time
from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from kafka_mirror_exporter.demo.brokers import PARTITIONS, QUIET, send
from kafka_mirror_exporter.demo.threads import LoopThread

_SYNC_EVERY = 100
_BATCH = 500


class ToyMirror:
    """Copies topics from one embedded broker to another, partition by partition.

    Faults may be pressed from any thread. Where retention has overtaken it, it goes on at the new log start
    without a word, as MirrorMaker does, and only the next offset sync shows the jump.
    """

    def __init__(
        self,
        source: str,
        target: str,
        *,
        topics: Iterable[str],
        source_alias: str,
        target_alias: str,
        writes_offset_syncs: bool = True,
    ) -> None:
        self._topics = tuple(topics)
        self._prefix = f"{source_alias}."
        self._syncs_topic = f"mm2-offset-syncs.{target_alias}.internal" if writes_offset_syncs else None
        self._consumer = Consumer(
            QUIET
            | {
                "bootstrap.servers": source, "group.id": "toy-mirror", "enable.auto.commit": False,
                "isolation.level": "read_uncommitted", "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20, "fetch.queue.backoff.ms": 10,
            }
        )  # fmt: skip
        self._to_target = Producer(QUIET | {"bootstrap.servers": target, "linger.ms": 5})
        self._to_source = Producer(QUIET | {"bootstrap.servers": source, "linger.ms": 5})
        self._lock = threading.Lock()
        self._applied = threading.Condition(self._lock)
        self._stalled: set[str] = set()
        self._paused: set[str] = set()
        self._rate: float | None = None
        self._allowed = 0.0
        self._allowed_at = 0.0
        self._synced: dict[tuple[str, int], tuple[int, int]] = {}
        self._loop = LoopThread("toy mirror", self._step)

    def start(self) -> None:
        """Begins at the beginning of every topic."""
        self._consumer.assign(
            [TopicPartition(t, p, OFFSET_BEGINNING) for t in self._topics for p in range(PARTITIONS)]
        )
        self._loop.start()

    # -- faults ----------------------------------------------------------------------------------

    def stall(self, topic: str) -> None:
        """Copies nothing of one topic any more; returns when the last record was copied."""
        self._stall({topic})

    def stall_all(self) -> None:
        """Copies nothing any more; returns when the last record was copied."""
        self._stall(set(self._topics))

    def _stall(self, topics: set[str]) -> None:
        with self._lock:
            self._stalled |= topics
            self._applied.wait_for(lambda: topics <= self._paused, timeout=2)

    def slow_down(self, records_per_second: float) -> None:
        """Copies only so many records a second."""
        with self._lock:
            self._rate = records_per_second
            self._allowed, self._allowed_at = 0.0, time.monotonic()

    def resume(self, topic: str) -> None:
        """Copies one topic again."""
        with self._lock:
            self._stalled.discard(topic)

    def clear(self) -> None:
        """Works as it should again."""
        with self._lock:
            self._stalled.clear()
            self._rate = None

    @property
    def stalled_topics(self) -> tuple[str, ...]:
        """What is stalled now."""
        with self._lock:
            return tuple(sorted(self._stalled))

    @property
    def records_per_second(self) -> float | None:
        """What it is slowed down to, or None."""
        with self._lock:
            return self._rate

    # -- copying ---------------------------------------------------------------------------------

    def _step(self) -> float:
        self._apply_stalls()
        batch = self._batch()
        for message in self._consumer.consume(batch, timeout=0.05) if batch else ():
            if message.error() is None:
                self._copy(message)
        self._to_target.poll(0)
        self._to_source.poll(0)
        return 0.0 if batch == _BATCH else 0.05

    def _batch(self) -> int:
        """How many records may be copied now; what was not copied in time is not made up for."""
        with self._lock:
            if self._rate is None:
                return _BATCH
            now = time.monotonic()
            gained = (now - self._allowed_at) * self._rate
            self._allowed = min(self._allowed + gained, max(1.0, self._rate / 2), _BATCH)
            self._allowed_at = now
            batch = int(self._allowed)
            self._allowed -= batch
            return batch

    def _apply_stalls(self) -> None:
        with self._lock:
            stalled = set(self._stalled)
        for topics, change in (
            (stalled - self._paused, self._consumer.pause),
            (self._paused - stalled, self._consumer.resume),
        ):
            if topics:
                change([TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)])
        with self._lock:
            self._paused = stalled
            self._applied.notify_all()

    def _copy(self, message: Message) -> None:
        topic, partition = message.topic() or "", message.partition() or 0
        send(
            self._to_target,
            self._prefix + topic,
            partition=partition,
            key=message.key(),
            value=message.value(),
            headers=message.headers(),
            timestamp=message.timestamp()[1],
            on_delivery=lambda error, copy: self._sync(message, copy) if error is None else None,
        )

    def _sync(self, message: Message, copy: Message) -> None:
        """Writes a pair for the first record, after every gap, and every hundred records."""
        if self._syncs_topic is None:
            return
        topic, partition = message.topic() or "", message.partition() or 0
        upstream, downstream = message.offset() or 0, copy.offset() or 0
        last = self._synced.get((topic, partition))
        is_on_line = last is not None and upstream - last[0] == downstream - last[1]
        if last is not None and is_on_line and downstream - last[1] < _SYNC_EVERY:
            return
        self._synced[topic, partition] = (upstream, downstream)
        name = topic.encode()
        send(
            self._to_source,
            self._syncs_topic,
            partition=0,
            key=struct.pack(">h", len(name)) + name + struct.pack(">i", partition),
            value=struct.pack(">qq", upstream, downstream),
        )

    def close(self) -> None:
        """Ends copying."""
        self._loop.close()
        self._to_target.flush(5)
        self._to_source.flush(5)
        self._consumer.close()
