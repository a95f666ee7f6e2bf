"""Committed offsets while coordinators move, which is deadly for an admin client."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaError
from confluent_kafka import TopicPartition as KafkaPartition
from mock_cluster import MockCluster, mock_cluster

from kafka_mirror_exporter.clusters import ConfluentReader
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.offsets import TopicPartition

OFFSET_FETCH = 9
ORDERS = TopicPartition("orders", 1)


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    with mock_cluster(1) as cluster:
        cluster.create_topic("orders", partitions=3)
        commit(cluster, "billing", 7)
        yield cluster


@pytest.fixture
def reader(cluster: MockCluster) -> Iterator[ConfluentReader]:
    reader = ConfluentReader(properties={}, bootstrap_servers=cluster.bootstrap_servers, side="source")
    yield reader
    reader.close()


def commit(cluster: MockCluster, group: str, offset: int) -> None:
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": group, "log_level": 0})
    consumer.commit(offsets=[KafkaPartition(ORDERS.topic, ORDERS.partition, offset)], asynchronous=False)
    consumer.close()


@pytest.mark.parametrize("code", [KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE])
def test_a_coordinator_that_moved_fails_its_groups_for_one_poll(
    cluster: MockCluster, reader: ConfluentReader, code: int
) -> None:
    reader.read_metadata(timeout=5)
    before = reader.read_group_offsets(["billing"], known_partitions=[ORDERS], timeout=5)
    cluster.push_errors(OFFSET_FETCH, code, code, code)
    during = reader.read_group_offsets(["billing"], known_partitions=[ORDERS], timeout=5)

    assert before.found == {"billing": {ORDERS: 7}}
    assert set(during.failed) == {"billing"}
    assert during.failed["billing"].reason in set(Reason)
    for _ in range(3):  # the errors that are left
        after = reader.read_group_offsets(["billing"], known_partitions=[ORDERS], timeout=5)
    assert after.found == {"billing": {ORDERS: 7}}


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    commit(cluster, "shipping", 9)
    reader.read_metadata(timeout=5)
    reader.read_group_offsets(["billing"], known_partitions=[ORDERS], timeout=5)
    cluster.set_round_trip(1, milliseconds=400)
    late = reader.read_group_offsets(["billing"], known_partitions=[ORDERS], timeout=0.05)
    cluster.set_round_trip(1, milliseconds=0)
    deadline = time.monotonic() + 10
    found = {}
    while "shipping" not in found and time.monotonic() < deadline:
        found = reader.read_group_offsets(["shipping"], known_partitions=[ORDERS], timeout=2).found

    assert late.found == {}
    assert found == {"shipping": {ORDERS: 9}}


def test_answers_that_are_too_slow_for_many_groups_cost_those_groups_and_not_the_process(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    groups = [f"group-{number}" for number in range(200)]
    reader.read_metadata(timeout=5)
    cluster.set_round_trip(1, milliseconds=100)
    answers = [reader.read_group_offsets(groups, known_partitions=[], timeout=0.35) for _ in range(6)]
    cluster.set_round_trip(1, milliseconds=0)

    assert all({*answer.found, *answer.failed} == set(groups) for answer in answers)
    assert any(answer.failed for answer in answers)
    deadline = time.monotonic() + 10
    while reader.read_group_offsets(groups, known_partitions=[], timeout=2).failed:
        assert time.monotonic() < deadline


def test_where_there_is_not_time_for_all_the_others_come_first_next_time(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    groups = [f"group-{number}" for number in range(120)]
    reader.read_metadata(timeout=5)
    cluster.set_round_trip(1, milliseconds=50)
    found: set[str] = set()
    deadline = time.monotonic() + 20
    while found != set(groups) and time.monotonic() < deadline:
        answer = reader.read_group_offsets(groups, known_partitions=[], timeout=0.4)
        found |= answer.found.keys()

    assert found == set(groups)
