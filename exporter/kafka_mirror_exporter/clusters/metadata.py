"""Reads a cluster's topics, leaders and brokers, all at once."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, BrokerMetadata  # type: ignore[attr-defined]  # not in its __all__
from confluent_kafka.admin import ClusterMetadata as KafkaMetadata  # type: ignore[attr-defined]  # not in its __all__

from kafka_mirror_exporter.clusters.errors import is_silence, kafka_error, reason_of, unmeasured
from kafka_mirror_exporter.clusters.reader import ClusterMetadata
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.errors import ClusterUnreachable

_FIRST_TRY_SHARE: Final = 0.4

# Errors that leave a topic listed: it exists, one of its leaders does not right now.
_PASSING: Final = (KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE)


def read_metadata(
    *, client: Callable[[], AdminClient], renew: Callable[[], AdminClient | None], timeout: float
) -> ClusterMetadata:
    """Asks any broker for all topics; the one asked may hang, so a second try gets most of the time.

    A connection to a hanging broker stays "up" for librdkafka until its socket times out, and would be
    picked again. `renew` gives a client with connections of its own, or None when the client is new.
    """
    deadline = time.monotonic() + timeout
    try:
        return _read(client(), timeout * _FIRST_TRY_SHARE)
    except KafkaException as exc:
        if not is_silence(kafka_error(exc)):
            raise _unreachable(exc) from exc
    second = renew() or client()
    try:
        return _read(second, deadline - time.monotonic())
    except KafkaException as exc:
        raise _unreachable(exc) from exc


def _read(client: AdminClient, timeout: float) -> ClusterMetadata:
    # Without a topic's name: naming one could create it.
    answer = client.list_topics(timeout=max(0.05, timeout))
    topics: dict[str, dict[int, int]] = {}
    for name, topic in answer.topics.items():
        if topic.error is None or topic.error.code() in _PASSING:
            topics[name] = {
                number: partition.leader if partition.leader in answer.brokers else -1
                for number, partition in sorted(topic.partitions.items())
            }
    return ClusterMetadata(
        cluster_id=_cluster_id(answer),
        brokers={number: _address(broker) for number, broker in answer.brokers.items()},
        topics=topics,
    )


def read_refusals(client: Consumer, topics: Iterable[str], *, deadline: float) -> dict[str, Unmeasured]:
    """Which of these topics the cluster has and does not show.

    Asks for each by its name, which only a consumer may do: its client never lets a topic be created.
    """
    refused: dict[str, Unmeasured] = {}
    for name in topics:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            break
        try:
            error = client.list_topics(name, timeout=remaining).topics[name].error
        except KafkaException as exc:
            raise _unreachable(exc) from exc
        if error is not None and reason_of(error) is Reason.NOT_AUTHORIZED:
            refused[name] = unmeasured(error)
    return refused


def _cluster_id(answer: KafkaMetadata) -> str:
    cluster_id: str | None = answer.cluster_id  # typed as always there
    return cluster_id or ""


def _address(broker: BrokerMetadata) -> str:
    return f"{broker.host}:{broker.port}"


def _unreachable(failure: KafkaException) -> ClusterUnreachable:
    return ClusterUnreachable(f"no broker answered: {kafka_error(failure).str()}")
