"""The proxy of the rig: its faults, and how it looks like Redpanda to clients."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from rig.admin import Admin
from rig.process import free_ports, wait_until
from rig.proxy import Proxy
from rig.stage import Stage


@pytest.fixture(scope="module")
def proxy(stage: Stage) -> Proxy:
    return stage.proxy("target")


@pytest.fixture
def through(proxy: Proxy) -> Iterator[Callable[[float], bool]]:
    """Whether the cluster answers through the proxy within some seconds; afterwards the proxy is whole."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{proxy.port}", "log_level": 0})

    def answers(seconds: float) -> bool:
        try:
            admin.list_topics(timeout=seconds)
        except KafkaException:
            return False
        return True

    assert answers(10)
    yield answers
    proxy.restore()


@pytest.mark.parametrize("fault", ["cut", "black_hole", "half_open"])
def test_a_broken_proxy_answers_nothing_and_a_restored_one_does(
    proxy: Proxy, through: Callable[[float], bool], fault: str
) -> None:
    getattr(proxy, fault)()
    assert not through(1)

    proxy.restore()
    wait_until(lambda: through(1), seconds=20, what="answers through the restored proxy")


def test_requests_arrive_through_a_half_open_proxy_and_not_through_a_black_hole(
    stage: Stage, proxy: Proxy
) -> None:
    stage.target_admin.create_topic("rig-faults")
    settings = {"bootstrap.servers": f"127.0.0.1:{proxy.port}", "log_level": 0, "message.timeout.ms": 1_500}
    ends = []
    for fault in (proxy.black_hole, proxy.half_open):
        producer = Producer(settings)
        producer.produce("rig-faults", b"connected")
        assert producer.flush(10) == 0
        fault()
        producer.produce("rig-faults", b"into the fault")
        producer.flush(5)
        ends.append(stage.target_admin.end("rig-faults"))
        proxy.restore()

    # One record before each fault; the second fault lets its record, or more than one try of it, through.
    assert ends[0] == 1
    assert ends[1] > 2


def test_a_delaying_proxy_keeps_every_answer_for_as_long(
    proxy: Proxy, through: Callable[[float], bool]
) -> None:
    proxy.delay(0.7)

    began = time.monotonic()
    assert through(10)
    assert 0.7 <= time.monotonic() - began < 1.4


def test_answers_that_are_delayed_together_are_late_together(
    stage: Stage, proxy: Proxy, through: Callable[[float], bool]
) -> None:
    stage.target_admin.create_topic("rig-delay")
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{proxy.port}", "log_level": 0, "linger.ms": 0})
    producer.produce("rig-delay", b"connected")
    assert producer.flush(10) == 0
    proxy.delay(1.0)

    began = time.monotonic()
    for _ in range(5):
        producer.produce("rig-delay", b"x")
        time.sleep(0.05)
    assert producer.flush(10) == 0
    assert 1.2 <= time.monotonic() - began < 2.0
    assert through(10)


def test_a_cut_spares_no_connection_that_was_just_being_made() -> None:
    with ExitStack() as open_sockets, socket.create_server(("127.0.0.1", 0), backlog=512) as upstream:
        proxy = open_sockets.enter_context(closing(Proxy(free_ports(1)[0], upstream.getsockname()[1])))
        for _ in range(30):
            proxy.restore()
            clients = [
                open_sockets.enter_context(socket.create_connection(("127.0.0.1", proxy.port), 5))
                for _ in range(8)
            ]

            proxy.cut()

            assert all(is_ended(client) for client in clients)


def is_ended(connection: socket.socket) -> bool:
    """Whether the other end closes a connection on which nothing was asked."""
    connection.settimeout(2)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.fixture(scope="module")
def redpanda(stage: Stage) -> Proxy:
    return stage.proxy("target", is_like_redpanda=True)


def test_clients_keep_to_the_versions_that_redpanda_offers(redpanda: Proxy) -> None:
    bootstrap = f"127.0.0.1:{redpanda.port}"
    admin = Admin(bootstrap)
    admin.create_topic("rig-narrow", partitions=1)
    use_much_of(bootstrap, "rig-narrow")
    admin.inventory()
    asked = redpanda.requests

    assert redpanda.calls_outside_redpanda() == set()
    # Produce, Fetch, ListOffsets, OffsetFetch, ListGroups: this Kafka offers more than Redpanda for each.
    assert {(0, 7), (1, 11), (2, 4), (9, 7), (16, 4)} <= asked


def test_the_newest_timestamp_is_a_silent_wrong_answer_behind_redpanda(stage: Stage, redpanda: Proxy) -> None:
    stage.target_admin.create_topic("rig-newest")
    bootstrap = f"127.0.0.1:{redpanda.port}"
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for _ in range(5):
        producer.produce("rig-newest", b"x")
    assert producer.flush(10) == 0
    partition, admin = KafkaPartition("rig-newest", 0), AdminClient({"bootstrap.servers": bootstrap})

    answer = admin.list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result(10)

    assert answer.offset == 0


def test_the_same_clients_use_newer_versions_when_they_may(stage: Stage, proxy: Proxy) -> None:
    stage.target_admin.create_topic("rig-wide", partitions=1)
    use_much_of(f"127.0.0.1:{proxy.port}", "rig-wide")

    assert proxy.calls_outside_redpanda() != set()


def use_much_of(bootstrap: str, topic: str) -> None:
    """Produces, reads, commits and asks for offsets."""
    settings: dict[str, Any] = {"bootstrap.servers": bootstrap, "log_level": 0}
    producer = Producer(settings)
    producer.produce(topic, b"value")
    assert producer.flush(10) == 0
    consumer = Consumer(settings | {"group.id": f"{topic}-group", "auto.offset.reset": "earliest"})
    try:
        consumer.assign([KafkaPartition(topic, 0, 0)])
        message = consumer.poll(10)
        assert message is not None
        assert message.value() == b"value"
        consumer.commit(offsets=[KafkaPartition(topic, 0, 1)], asynchronous=False)
        assert consumer.committed([KafkaPartition(topic, 0)], timeout=10)[0].offset == 1
    finally:
        consumer.close()
    assert Admin(bootstrap).end(topic) == 1
