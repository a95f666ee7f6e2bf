"""Reading a Kafka cluster, and never writing to it."""

from collections.abc import Mapping

from kafka_mirror_exporter.clusters.client import librdkafka_version, try_property
from kafka_mirror_exporter.clusters.confluent_reader import ConfluentReader
from kafka_mirror_exporter.clusters.io_thread import IoThread
from kafka_mirror_exporter.clusters.reader import ClusterReader
from kafka_mirror_exporter.core.offsets import Side

__all__ = [
    "ClusterReader",
    "ConfluentReader",
    "IoThread",
    "librdkafka_version",
    "open_reader",
    "try_property",
]


def open_reader(
    *,
    properties: Mapping[str, str],
    bootstrap_servers: str,
    side: Side,
    client_id: str = "kafka-mirror-exporter",
) -> ClusterReader:
    """A reader of one cluster; `ConfigError` if librdkafka does not take the properties.

    Opening connects to nothing yet.
    """
    return ConfluentReader(
        properties=properties, bootstrap_servers=bootstrap_servers, side=side, client_id=client_id
    )
