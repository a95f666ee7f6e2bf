import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from mock_cluster import LIST_OFFSETS, MockCluster, mock_cluster

from kafka_mirror_exporter.clusters import ConfluentReader, try_property
from kafka_mirror_exporter.clusters.reader import ClusterReader, Isolation
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.errors import ApiUnavailable, ClusterUnreachable, ConfigError

PARTITIONS = [TopicPartition("orders", number) for number in range(6)]
RECORDS = 10
LOTS = 10_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    with mock_cluster(3) as cluster:
        cluster.create_topic("orders", partitions=6)
        for number in range(6):
            cluster.set_leader("orders", number, number % 3 + 1)
        produce(cluster, records=RECORDS)
        yield cluster


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(cluster: MockCluster, clock: Clock) -> Iterator[ConfluentReader]:
    reader = ConfluentReader(
        properties={}, bootstrap_servers=cluster.bootstrap_servers, side="source", clock=clock
    )
    yield reader
    reader.close()


def produce(cluster: MockCluster, *, records: int) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    for number in range(6):
        for record in range(records):
            producer.produce(
                "orders",
                value=f"value {record}",
                key=f"key {record}",
                partition=number,
                timestamp=1_790_000_000_000 + record,
                headers=[("seen", b"1"), ("empty", None)],
            )
    assert producer.flush(10) == 0


def commit(cluster: MockCluster, group: str, *, offset: int) -> None:
    consumer = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": group, "enable.auto.commit": False}
    )
    consumer.commit(offsets=[KafkaPartition("orders", 0, offset)], asynchronous=False)
    consumer.close()


def leaders(reader: ClusterReader) -> dict[TopicPartition, int]:
    topics = reader.read_metadata(timeout=5).topics
    return {
        TopicPartition(topic, number): leader
        for topic, partitions in topics.items()
        for number, leader in partitions.items()
    }


def test_metadata_names_brokers_topics_and_leaders(cluster: MockCluster, reader: ConfluentReader) -> None:
    metadata = reader.read_metadata(timeout=5)

    assert sorted(metadata.brokers.values()) == sorted(cluster.bootstrap_servers.split(","))
    assert metadata.topics == {"orders": {0: 1, 1: 2, 2: 3, 3: 1, 4: 2, 5: 3}}


def test_a_forbidden_topic_fails_alone(cluster: MockCluster, reader: ConfluentReader) -> None:
    cluster.create_topic("secret", partitions=1)
    cluster.set_topic_error("secret", KafkaError.TOPIC_AUTHORIZATION_FAILED)

    metadata = reader.read_metadata(timeout=5)
    refused = reader.read_refusals(["secret", "orders", "nowhere"], timeout=5)

    assert list(metadata.topics) == ["orders"]
    assert {topic: why.reason for topic, why in refused.items()} == {"secret": Reason.NOT_AUTHORIZED}


def test_nobody_there_is_said_within_the_timeout() -> None:
    reader = ConfluentReader(properties={}, bootstrap_servers="127.0.0.1:1", side="target")
    began = time.monotonic()

    with pytest.raises(ClusterUnreachable):
        reader.read_metadata(timeout=0.5)

    assert time.monotonic() - began < 1.5
    reader.close()


def test_asking_for_what_is_not_there_creates_nothing(reader: ConfluentReader) -> None:
    known = leaders(reader)
    stranger = TopicPartition("stranger", 0)

    answer = reader.read_end_offsets({**known, stranger: 1}, isolation="read_uncommitted", timeout=3)
    fetched = reader.fetch_ranges(
        {stranger: OffsetRange(0, 1)}, isolation="read_uncommitted", max_bytes=LOTS, timeout=1
    )

    assert stranger in answer.failed
    assert set(answer.found) == set(known)
    assert fetched.failed[stranger].reason == Reason.OFFSETS_UNREADABLE
    assert list(reader.read_metadata(timeout=5).topics) == ["orders"]


@pytest.mark.parametrize("isolation", ["read_uncommitted", "read_committed"])
def test_ends_and_log_starts_are_those_of_the_log(reader: ConfluentReader, isolation: Isolation) -> None:
    asked = leaders(reader)

    assert reader.read_end_offsets(asked, isolation=isolation, timeout=5).found == dict.fromkeys(
        PARTITIONS, RECORDS
    )
    assert reader.read_log_start_offsets(asked, timeout=5).found == dict.fromkeys(PARTITIONS, 0)


def test_a_partition_without_a_leader_fails_alone(reader: ConfluentReader) -> None:
    asked = {**leaders(reader), PARTITIONS[2]: -1}

    answer = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)

    assert answer.failed == {PARTITIONS[2]: Unmeasured(Reason.LEADER_UNREACHABLE, "no leader now")}
    assert len(answer.found) == 5


def test_a_silent_broker_loses_only_its_own_partitions_and_costs_little_the_second_time(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    asked = leaders(reader)
    reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)
    cluster.set_round_trip(2, milliseconds=60_000)

    first = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1.5)
    began = time.monotonic()
    second = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)

    assert {asked[partition] for partition in first.failed} == {2}
    assert {failure.reason for failure in first.failed.values()} == {Reason.LEADER_UNREACHABLE}
    assert first.found == second.found
    assert len(first.found) == 4
    assert time.monotonic() - began < 2


def test_a_broker_that_answers_again_is_measured_again(cluster: MockCluster, reader: ConfluentReader) -> None:
    asked = leaders(reader)
    cluster.set_down(2)
    reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1)
    cluster.set_up(2)

    deadline = time.monotonic() + 10
    while reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1).failed:
        assert time.monotonic() < deadline


def test_forbidden_offsets_fail_with_their_reason(cluster: MockCluster, reader: ConfluentReader) -> None:
    asked = {PARTITIONS[0]: leaders(reader)[PARTITIONS[0]]}
    reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)
    cluster.push_errors(LIST_OFFSETS, *[KafkaError.TOPIC_AUTHORIZATION_FAILED] * 4)

    answer = reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=5)

    assert answer.failed[PARTITIONS[0]].reason == Reason.NOT_AUTHORIZED


def test_ends_of_a_cluster_that_went_away_are_an_unreachable_cluster(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    asked = leaders(reader)
    for broker in (1, 2, 3):
        cluster.set_down(broker)

    with pytest.raises(ClusterUnreachable):
        reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=1)


def test_brokers_that_find_no_timestamp_are_unmasked_and_left_alone(
    reader: ConfluentReader,
) -> None:
    asked = leaders(reader)
    for _ in range(2):
        with pytest.raises(ApiUnavailable) as failure:
            reader.read_offsets_at(dict.fromkeys(asked, 1_790_000_000_000), asked, timeout=5)
        assert failure.value.reason == Reason.API_UNSUPPORTED


def test_records_come_with_all_that_comparing_them_needs(reader: ConfluentReader) -> None:
    fetched = reader.fetch_ranges(
        {partition: OffsetRange(4, 6) for partition in PARTITIONS},
        isolation="read_uncommitted",
        max_bytes=LOTS,
        timeout=5,
    )

    assert set(fetched.found) == set(PARTITIONS)
    assert not fetched.failed
    for found in fetched.found.values():
        first, second = found.records
        assert (first.offset, second.offset, found.read_up_to) == (4, 5, 6)
        assert (first.key, first.value) == (b"key 4", b"value 4")
        assert (first.timestamp_ms, first.timestamp_type) == (1_790_000_000_004, "create")
        assert first.headers == (("seen", b"1"), ("empty", None))
    assert fetched.received_bytes >= 12 * len(b"key 4value 4")


def test_a_range_at_the_end_of_the_log_ends_there_without_waiting(reader: ConfluentReader) -> None:
    began = time.monotonic()
    fetched = reader.fetch_ranges(
        {PARTITIONS[0]: OffsetRange(RECORDS, RECORDS + 5), PARTITIONS[1]: OffsetRange(8, 20)},
        isolation="read_uncommitted",
        max_bytes=LOTS,
        timeout=10,
    )

    assert time.monotonic() - began < 5
    assert (fetched.found[PARTITIONS[0]].records, fetched.found[PARTITIONS[0]].read_up_to) == ((), RECORDS)
    assert [record.offset for record in fetched.found[PARTITIONS[1]].records] == [8, 9]
    assert fetched.found[PARTITIONS[1]].read_up_to == RECORDS


def test_an_empty_range_costs_nothing(reader: ConfluentReader) -> None:
    fetched = reader.fetch_ranges(
        {PARTITIONS[0]: OffsetRange(3, 3)}, isolation="read_uncommitted", max_bytes=LOTS, timeout=5
    )

    assert (fetched.found[PARTITIONS[0]].records, fetched.found[PARTITIONS[0]].read_up_to) == ((), 3)


def test_a_fetch_without_bytes_left_says_so(reader: ConfluentReader) -> None:
    fetched = reader.fetch_ranges(
        {partition: OffsetRange(0, RECORDS) for partition in PARTITIONS},
        isolation="read_uncommitted",
        max_bytes=1,
        timeout=5,
    )

    assert Reason.BUDGET_EXHAUSTED in {failure.reason for failure in fetched.failed.values()}
    assert all(found.read_up_to < RECORDS for found in fetched.found.values())


def test_offsets_beyond_the_log_are_unreadable(reader: ConfluentReader) -> None:
    fetched = reader.fetch_ranges(
        {PARTITIONS[0]: OffsetRange(1000, 1001), PARTITIONS[1]: OffsetRange(0, 1)},
        isolation="read_uncommitted",
        max_bytes=LOTS,
        timeout=5,
    )

    assert fetched.failed[PARTITIONS[0]].reason == Reason.OFFSETS_UNREADABLE
    assert fetched.found[PARTITIONS[1]].read_up_to == 1


def test_a_tail_hands_out_every_record_once(cluster: MockCluster, reader: ConfluentReader) -> None:
    first = reader.tail("orders", isolation="read_uncommitted", max_bytes=LOTS, timeout=5)
    nothing = reader.tail("orders", isolation="read_uncommitted", max_bytes=LOTS, timeout=5)
    produce(cluster, records=2)
    second = reader.tail("orders", isolation="read_uncommitted", max_bytes=LOTS, timeout=5)

    expected = [(number, offset) for number in range(6) for offset in range(RECORDS)]
    assert [(number, record.offset) for number, record in first.records] == expected
    assert (nothing.records, nothing.is_complete) == ((), True)
    assert [(number, record.offset) for number, record in second.records] == [
        (number, RECORDS + offset) for number in range(6) for offset in range(2)
    ]
    assert first.is_complete
    assert second.is_complete


def test_a_tail_out_of_bytes_is_incomplete_and_goes_on_next_time(reader: ConfluentReader) -> None:
    records: list[tuple[int, int]] = []
    calls = 0
    is_complete = False
    while not is_complete and calls < 100:
        tailed = reader.tail("orders", isolation="read_uncommitted", max_bytes=300, timeout=5)
        records.extend((number, record.offset) for number, record in tailed.records)
        is_complete = tailed.is_complete
        calls += 1

    assert calls > 2
    assert sorted(records) == [(number, offset) for number in range(6) for offset in range(RECORDS)]


def test_a_tail_of_a_topic_that_is_not_there_is_never_complete(reader: ConfluentReader) -> None:
    tailed = reader.tail("stranger", isolation="read_uncommitted", max_bytes=LOTS, timeout=1)

    assert (tailed.records, tailed.is_complete) == ((), False)
    assert list(reader.read_metadata(timeout=5).topics) == ["orders"]


def test_brokers_that_need_the_partitions_named_are_told_them(
    cluster: MockCluster, reader: ConfluentReader
) -> None:
    commit(cluster, "billing", offset=7)

    answer = reader.read_group_offsets(["billing", "idle"], known_partitions=PARTITIONS, timeout=5)

    assert answer.found == {"billing": {PARTITIONS[0]: 7}, "idle": {}}
    assert not answer.failed


def test_groups_that_cannot_be_listed_are_said_to_be_then_left_alone_for_a_minute(
    reader: ConfluentReader, clock: Clock
) -> None:
    first = reader.list_groups(timeout=5)
    with pytest.raises(ApiUnavailable):
        reader.list_groups(timeout=5)
    clock.now = 61
    again = reader.list_groups(timeout=5)

    assert first == again
    assert (first.groups, first.failed and first.failed.reason) == ((), Reason.API_UNSUPPORTED)


def test_groups_that_cannot_be_described_fail_with_the_reason(reader: ConfluentReader) -> None:
    answer = reader.read_group_members(["billing"], timeout=5)

    assert answer.failed["billing"].reason == Reason.API_UNSUPPORTED
    with pytest.raises(ApiUnavailable):
        reader.read_group_members(["billing"], timeout=5)
    reader.wake()
    assert reader.read_group_members(["billing"], timeout=5).failed.keys() == {"billing"}


def test_topic_configs_that_nobody_answers_cost_their_timeout_twice_and_then_nothing(
    reader: ConfluentReader,
) -> None:
    for _ in range(2):
        reader.read_group_offsets([], known_partitions=[], timeout=1)
        with pytest.raises(ApiUnavailable):
            reader.read_topic_configs(["orders"], timeout=0.3)
    began = time.monotonic()

    with pytest.raises(ApiUnavailable) as failure:
        reader.read_topic_configs(["orders"], timeout=5)

    assert failure.value.reason == Reason.API_TIMEOUT
    assert time.monotonic() - began < 0.2


def test_traffic_grows_with_what_is_read(reader: ConfluentReader) -> None:
    reader.read_metadata(timeout=5)
    deadline = time.monotonic() + 10
    while not reader.traffic().received_bytes:
        assert time.monotonic() < deadline
    before = reader.traffic()
    reader.tail("orders", isolation="read_uncommitted", max_bytes=LOTS, timeout=5)
    while reader.traffic().received_bytes <= before.received_bytes:
        assert time.monotonic() < deadline

    assert reader.traffic().requests > before.requests


def test_closing_does_not_wait_for_silent_brokers(cluster: MockCluster) -> None:
    reader = ConfluentReader(properties={}, bootstrap_servers=cluster.bootstrap_servers, side="source")
    asked = leaders(reader)
    for broker in (1, 2, 3):
        cluster.set_round_trip(broker, milliseconds=60_000)
    with pytest.raises(ClusterUnreachable):
        reader.read_end_offsets(asked, isolation="read_uncommitted", timeout=0.5)
    began = time.monotonic()

    reader.close()

    assert time.monotonic() - began < 1.5


def test_a_client_that_cannot_be_made_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError) as failure:
        ConfluentReader(properties={"no.such.thing": "1"}, bootstrap_servers="127.0.0.1:1", side="source")

    assert "no.such.thing" in str(failure.value)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("no.such.thing", "1", "no.such.thing"),
        ("socket.timeout.ms", "soon", "socket.timeout.ms"),
        ("fetch.wait.max.ms", "99999999", "outside allowed range"),
        ("security.protocol", "bogus", "bogus"),
    ],
)
def test_a_property_that_is_not_taken_is_explained(name: str, value: str, part: str) -> None:
    assert part in (try_property(name, value) or "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.password", "x"),
        ("ssl.ca.location", "ca.pem"),
        ("socket.timeout.ms", "5000"),
    ],
)
def test_a_property_is_judged_alone(name: str, value: str) -> None:
    assert try_property(name, value) is None
