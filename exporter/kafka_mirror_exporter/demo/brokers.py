"""Kafka brokers inside this process: librdkafka's own mock clusters, gone with the object that holds them."""

from typing import Any

from confluent_kafka import Producer

QUIET = {"log_level": 0}
PARTITIONS = 4


class EmbeddedBroker:
    """One cluster of one broker on a free port of loopback; topics come with their first record.

    A topic always has four partitions, and keeps about 5 MB in each. Close its clients before it.
    """

    def __init__(self) -> None:
        self._owner: Producer | None = Producer(
            QUIET | {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1}
        )
        brokers = self._owner.list_topics(timeout=5).brokers.values()
        self.bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def close(self) -> None:
        """Ends the cluster."""
        self._owner = None


def send(producer: Producer, topic: str, **record: Any) -> None:
    """Produces one record; waits while the producer holds as many as it may."""
    while True:
        try:
            producer.produce(topic, **record)
        except BufferError:
            producer.poll(0.1)
        else:
            return
