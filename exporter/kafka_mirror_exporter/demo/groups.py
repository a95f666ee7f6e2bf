"""Applications that read: consumer groups that commit what they have read, and can be stopped."""

from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from kafka_mirror_exporter.demo.brokers import PARTITIONS, QUIET
from kafka_mirror_exporter.demo.threads import LoopThread


class DemoGroup:
    """One group with one member that reads whole topics."""

    def __init__(self, bootstrap_servers: str, group: str, topics: Sequence[str]) -> None:
        self.group = group
        self.is_stopped = False
        self._partitions = [TopicPartition(t, p, OFFSET_BEGINNING) for t in topics for p in range(PARTITIONS)]
        self._consumer = Consumer(
            QUIET
            | {
                "bootstrap.servers": bootstrap_servers, "group.id": group, "enable.auto.commit": False,
                "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50, "allow.auto.create.topics": True,
            }
        )  # fmt: skip
        self._read: dict[tuple[str, int], int] = {}
        self._loop = LoopThread(f"group {group}", self._step)

    def start(self) -> None:
        """Begins to read."""
        self._consumer.assign(self._partitions)
        self._loop.start()

    def _step(self) -> float:
        if self.is_stopped:
            return 0.2
        for message in self._consumer.consume(500, timeout=0.2):
            if message.error() is None:
                self._read[message.topic() or "", message.partition() or 0] = (message.offset() or 0) + 1
        if self._read:
            offsets = [
                TopicPartition(topic, partition, offset) for (topic, partition), offset in self._read.items()
            ]
            try:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            except KafkaException:
                # A coordinator that loads or moves; the next commit holds all that this one did.
                return 1.0
        return 0.3

    def close(self) -> None:
        """Ends reading."""
        self._loop.close()
        self._consumer.close()
