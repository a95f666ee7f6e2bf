"""Records for the demo: some topics at a steady rate, one that is nearly idle."""

import time
from collections.abc import Sequence

from confluent_kafka import Producer

from kafka_mirror_exporter.demo.brokers import PARTITIONS, QUIET, send
from kafka_mirror_exporter.demo.threads import LoopThread

BUSY_TOPICS = ("orders", "payments.charges", "inventory")
SLOW_TOPIC = "audit"
TOPICS = (*BUSY_TOPICS, SLOW_TOPIC)
_SLOW_EVERY = 400
_FLOOD_RECORDS, _FLOOD_VALUE = 700, b"flood" * 2_000
_PARTITIONS = range(PARTITIONS)


class Workload:
    """Produces to the source at `rate` records a second in all."""

    def __init__(self, bootstrap_servers: str, *, rate: float, topics: Sequence[str] = TOPICS) -> None:
        self._producer = Producer(QUIET | {"bootstrap.servers": bootstrap_servers, "linger.ms": 5})
        self._rate = rate
        self._busy, self._slow = topics[:-1], topics[-1]
        self._sent = 0
        self._began = time.monotonic()
        self._loop = LoopThread("workload", self._step)

    def start(self) -> None:
        """Begins; every partition of every topic gets a record first, so that all are there."""
        for topic in (*self._busy, self._slow):
            for partition in _PARTITIONS:
                self._produce(topic, partition, 0)
        self._producer.flush(5)
        self._began = time.monotonic()
        self._loop.start()

    def _step(self) -> float:
        due = int((time.monotonic() - self._began) * self._rate) - self._sent
        for _ in range(due):
            self._sent += 1
            number = self._sent
            topic = self._slow if number % _SLOW_EVERY == 0 else self._busy[number % len(self._busy)]
            self._produce(topic, number // len(self._busy) % PARTITIONS, number)
        self._producer.poll(0)
        return 0.02

    def _produce(self, topic: str, partition: int, number: int) -> None:
        send(
            self._producer,
            topic,
            partition=partition,
            key=b"customer-%d" % (number % 97),
            value=b'{"number": %d, "topic": "%s"}' % (number, topic.encode()),
            timestamp=int(time.time() * 1000),
        )

    def flood(self, topic: str, partition: int) -> None:
        """Produces more than a partition of an embedded broker keeps: its oldest records are deleted."""
        for _ in range(_FLOOD_RECORDS):
            now_ms = int(time.time() * 1000)
            send(self._producer, topic, partition=partition, value=_FLOOD_VALUE, timestamp=now_ms)
            self._producer.poll(0)
        self._producer.flush(10)

    def close(self) -> None:
        """Ends production."""
        self._loop.close()
        self._producer.flush(5)
