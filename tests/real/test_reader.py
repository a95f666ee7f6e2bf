import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kafka_mirror_exporter.clusters import ConfluentReader
from kafka_mirror_exporter.clusters.reader import NO_OFFSET, Fetched, Isolation
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition

from rig.admin import Admin

LOTS = 50_000_000


@pytest.fixture
def reader(three_brokers: Any) -> Iterator[ConfluentReader]:
    reader = ConfluentReader(properties={}, bootstrap_servers=three_brokers.bootstrap_servers, side="source")
    yield reader
    reader.close()


@pytest.fixture
def new_topic(three_brokers: Any, reader: ConfluentReader) -> Callable[..., str]:
    admin = AdminClient({"bootstrap.servers": three_brokers.bootstrap_servers})

    def create(*, partitions: int = 1, **config: str) -> str:
        topic = f"reader-{uuid4().hex[:8]}"
        settings = {name.replace("_", "."): value for name, value in config.items()}
        for done in admin.create_topics([NewTopic(topic, partitions, 1, config=settings)]).values():
            done.result(20)
        wait_until(
            lambda: all(
                leader > 0 for leader in reader.read_metadata(timeout=5).topics.get(topic, {0: -1}).values()
            )
        )
        return topic

    return create


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def leaders(reader: ConfluentReader, topic: str) -> dict[TopicPartition, int]:
    partitions = reader.read_metadata(timeout=5).topics[topic]
    return {TopicPartition(topic, number): leader for number, leader in partitions.items()}


def produce(three_brokers: Any, topic: str, values: range, *, partition: int = 0, **settings: Any) -> None:
    producer = Producer({"bootstrap.servers": three_brokers.bootstrap_servers, **settings})
    for value in values:
        producer.produce(topic, value=str(value), key=str(value % 3), partition=partition)
    assert producer.flush(20) == 0


def transaction(three_brokers: Any, topic: str, values: range) -> Producer:
    """An open transaction with these records written."""
    producer = Producer(
        {"bootstrap.servers": three_brokers.bootstrap_servers, "transactional.id": uuid4().hex}
    )
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value=str(value), partition=0)
    producer.flush(20)
    return producer


def end(reader: ConfluentReader, topic: str, *, isolation: Isolation = "read_uncommitted") -> int:
    answer = reader.read_end_offsets(leaders(reader, topic), isolation=isolation, timeout=5)
    return answer.found[TopicPartition(topic, 0)]


def fetch(
    reader: ConfluentReader,
    topic: str,
    start: int,
    stop: int,
    *,
    isolation: Isolation = "read_uncommitted",
    timeout: float = 5,
) -> Fetched:
    return reader.fetch_ranges(
        {TopicPartition(topic, 0): OffsetRange(start, stop)},
        isolation=isolation,
        max_bytes=LOTS,
        timeout=timeout,
    )


def offsets(fetched: Fetched, topic: str) -> list[int]:
    return [record.offset for record in fetched.found[TopicPartition(topic, 0)].records]


def read_up_to(fetched: Fetched, topic: str) -> int:
    return fetched.found[TopicPartition(topic, 0)].read_up_to


def test_both_ways_of_listing_offsets_agree_over_several_leaders(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic(partitions=9)
    for number in range(9):
        produce(three_brokers, topic, range(number * 3), partition=number)
    asked = leaders(reader, topic)
    expected = {TopicPartition(topic, number): number * 3 for number in range(9)}

    fast = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)
    reader._offsets._silent_leaders = set(asked.values())
    sure = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)

    assert len(set(asked.values())) > 1
    assert fast.found == sure.found == expected


def test_a_commit_marker_is_an_offset_without_a_record(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    transaction(three_brokers, topic, range(5)).commit_transaction(20)
    wait_until(lambda: end(reader, topic, isolation="read_committed") == 6)
    began = time.monotonic()
    marker = fetch(reader, topic, 5, 6)
    both = fetch(reader, topic, 4, 6, isolation="read_committed")

    assert time.monotonic() - began < 2
    assert (offsets(marker, topic), read_up_to(marker, topic)) == ([], 6)
    assert (offsets(both, topic), read_up_to(both, topic)) == ([4], 6)


def test_aborted_records_are_read_uncommitted_only(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    transaction(three_brokers, topic, range(4)).abort_transaction(20)
    wait_until(lambda: end(reader, topic, isolation="read_committed") == 5)  # the marker comes a moment later
    produce(three_brokers, topic, range(2))
    wait_until(lambda: end(reader, topic, isolation="read_committed") == 7)

    assert offsets(fetch(reader, topic, 0, 7), topic) == [0, 1, 2, 3, 5, 6]
    committed = fetch(reader, topic, 0, 7, isolation="read_committed")
    assert (offsets(committed, topic), read_up_to(committed, topic)) == ([5, 6], 7)


def test_an_open_transaction_holds_the_last_stable_offset_and_not_the_reader(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    produce(three_brokers, topic, range(3))
    producer = transaction(three_brokers, topic, range(4))
    wait_until(lambda: end(reader, topic) == 7)

    assert end(reader, topic, isolation="read_committed") == 3
    assert offsets(fetch(reader, topic, 3, 7), topic) == [3, 4, 5, 6]
    at_stable_end = fetch(reader, topic, 3, 7, isolation="read_committed", timeout=1)
    beyond = fetch(reader, topic, 5, 7, isolation="read_committed", timeout=1)
    assert (offsets(at_stable_end, topic), read_up_to(at_stable_end, topic)) == ([], 3)
    assert (offsets(beyond, topic), read_up_to(beyond, topic)) == ([], 5)
    producer.abort_transaction(20)


def test_deleted_records_are_said_to_be_gone(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    produce(three_brokers, topic, range(10))
    admin = AdminClient({"bootstrap.servers": three_brokers.bootstrap_servers})
    for done in admin.delete_records([KafkaPartition(topic, 0, 6)]).values():
        done.result(20)

    asked = leaders(reader, topic)
    assert reader.read_log_start_offsets(asked, timeout=5).found == {TopicPartition(topic, 0): 6}
    gone = fetch(reader, topic, 2, 3).failed[TopicPartition(topic, 0)]
    assert (gone.reason, gone.detail) == (
        Reason.OFFSETS_UNREADABLE,
        "deleted, or beyond the end of the log",
    )
    assert offsets(fetch(reader, topic, 6, 8), topic) == [6, 7]


def test_a_hole_left_by_compaction_holds_no_record_and_ends_at_the_next(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic(
        cleanup_policy="compact",
        min_cleanable_dirty_ratio="0.001",
        segment_ms="500",
        min_compaction_lag_ms="0",
    )
    produce(three_brokers, topic, range(30))
    deadline = time.monotonic() + 60
    while offsets(fetch(reader, topic, 0, 10), topic):
        # A new record closes the segment that is to be compacted.
        assert time.monotonic() < deadline
        produce(three_brokers, topic, range(1))
        time.sleep(0.7)

    hole = fetch(reader, topic, 3, 10)

    assert (offsets(hole, topic), read_up_to(hole, topic)) == ([], 10)


def test_offsets_at_a_timestamp_are_found_or_said_not_to_be(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    partition = TopicPartition(topic, 0)
    now_ms = int(time.time() * 1000)
    producer = Producer({"bootstrap.servers": three_brokers.bootstrap_servers})
    for number in range(10):
        producer.produce(topic, value=b"x", partition=0, timestamp=now_ms + number * 1000)
    assert producer.flush(20) == 0
    asked = leaders(reader, topic)

    assert reader.read_offsets_at({partition: now_ms + 3500}, asked, timeout=5).found == {partition: 4}
    late = reader.read_offsets_at({partition: now_ms + 60_000}, asked, timeout=5)
    assert late.found == {partition: NO_OFFSET}


def test_groups_their_commits_and_members(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    group = f"group-{uuid4().hex[:8]}"
    consumer = Consumer(
        {
            "bootstrap.servers": three_brokers.bootstrap_servers,
            "group.id": group,
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    wait_until(lambda: consumer.poll(0.1) is None and bool(consumer.assignment()))
    consumer.commit(offsets=[KafkaPartition(topic, 0, 42)], asynchronous=False)

    try:
        assert group in reader.list_groups(timeout=5).groups
        commits = reader.read_group_offsets([group, "nobody"], known_partitions=[], timeout=5)
        assert commits.found == {group: {TopicPartition(topic, 0): 42}, "nobody": {}}
        assert reader.read_group_members([group], timeout=5).found == {group: 1}
    finally:
        consumer.close()


def test_topic_configurations_and_those_of_a_stranger(
    reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic(retention_ms="123456")

    configs = reader.read_topic_configs([topic, "stranger"], timeout=5)

    assert isinstance(configs[topic], dict)
    assert configs[topic]["retention.ms"] == "123456"
    assert not isinstance(configs["stranger"], dict)


def test_reading_leaves_no_topic_and_no_group_behind(
    reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    before = (set(reader.read_metadata(timeout=5).topics), reader.list_groups(timeout=5).groups)
    stranger = {TopicPartition("stranger", 0): 1}
    reader.read_end_offsets(stranger, isolation="read_uncommitted", timeout=2)
    reader.read_log_start_offsets(stranger, timeout=2)
    reader.fetch_ranges(
        {TopicPartition("stranger", 0): OffsetRange(0, 1)},
        isolation="read_uncommitted",
        max_bytes=LOTS,
        timeout=1,
    )
    reader.tail("stranger", isolation="read_committed", max_bytes=LOTS, timeout=1)
    reader.tail(topic, isolation="read_committed", max_bytes=LOTS, timeout=5)
    reader.read_topic_configs(["stranger"], timeout=2)

    assert (set(reader.read_metadata(timeout=5).topics), reader.list_groups(timeout=5).groups) == before


def test_a_topic_made_anew_is_tailed_from_its_beginning(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic()
    produce(three_brokers, topic, range(20))
    reader.tail(topic, isolation="read_uncommitted", max_bytes=LOTS, timeout=5)
    admin = AdminClient({"bootstrap.servers": three_brokers.bootstrap_servers})
    for done in admin.delete_topics([topic]).values():
        done.result(20)
    wait_until(lambda: topic not in reader.read_metadata(timeout=5).topics)
    for done in admin.create_topics([NewTopic(topic, 1, 1)]).values():
        done.result(20)
    wait_until(lambda: reader.read_metadata(timeout=5).topics.get(topic, {0: -1})[0] > 0)
    produce(three_brokers, topic, range(3))

    seen: list[int] = []
    deadline = time.monotonic() + 20
    while len(seen) < 3:
        assert time.monotonic() < deadline
        tailed = reader.tail(topic, isolation="read_uncommitted", max_bytes=LOTS, timeout=2)
        seen.extend(record.offset for _, record in tailed.records)

    assert seen == [0, 1, 2]


def test_one_hanging_broker_loses_only_its_own_partitions(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic = new_topic(partitions=9)
    asked = leaders(reader, topic)
    reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)
    three_brokers.pause(3)
    try:
        for _ in range(3):
            metadata = reader.read_metadata(timeout=3)
            answer = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1)
            assert len(metadata.brokers) >= 2
            assert {asked[partition] for partition in answer.failed} == {3}
            assert {asked[partition] for partition in answer.found} == {1, 2}
            assert {failure.reason for failure in answer.failed.values()} == {Reason.LEADER_UNREACHABLE}
    finally:
        three_brokers.resume(3)
    wait_until(lambda: not reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1).failed)


def test_a_hanging_coordinator_loses_only_its_own_groups_and_nobody_dies_of_it(
    three_brokers: Any, reader: ConfluentReader, new_topic: Callable[..., str]
) -> None:
    topic, prefix = new_topic(), uuid4().hex[:8]
    groups = [f"group-{prefix}-{number}" for number in range(60)]
    admin = Admin(three_brokers.bootstrap_servers)
    for group in groups:
        admin.commit(group, {(topic, 0): 3})
    before = reader.read_group_offsets(groups, known_partitions=[], timeout=10)
    three_brokers.pause(3)
    try:
        for _ in range(6):
            during = reader.read_group_offsets(groups, known_partitions=[], timeout=0.5)
            members = reader.read_group_members(groups, timeout=0.3)
    finally:
        three_brokers.resume(3)

    assert set(before.found) == set(groups)
    assert 0 < len(during.found) < len(groups)
    assert {failure.reason for failure in during.failed.values()} == {Reason.API_TIMEOUT}
    assert 0 < len(members.found) < len(groups)
    wait_until(lambda: not reader.read_group_offsets(groups, known_partitions=[], timeout=1).failed)
    wait_until(lambda: not reader.read_group_members(groups, timeout=1).failed)
