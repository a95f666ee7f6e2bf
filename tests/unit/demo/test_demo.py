"""The demo's mirror and faults, and the exporter watching them through its ordinary code path."""

import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.cli.demo import _config
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import PartitionReading, partition_readings
from kafka_mirror_exporter.demo.brokers import EmbeddedBroker, send
from kafka_mirror_exporter.demo.control import Control
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, Stand
from kafka_mirror_exporter.demo.workload import TOPICS
from kafka_mirror_exporter.poll.ledger import Ledger


def wait_until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand(rate=200)
    try:
        yield stand
    finally:
        stand.close()


@pytest.fixture
def poll(stand: Stand) -> Iterator[Callable[[], MirrorReading]]:
    config = _config(stand)
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        # A topic comes with its first record.
        wait_until(lambda: {tp.topic for tp in mirror.poll().partitions.index} >= {"orders", "inventory"})
        yield mirror.poll
    finally:
        mirror.close(timeout=2)


def read(
    bootstrap: str, topic: str, partition: int, count: int, *, start: int = 0
) -> list[tuple[object, ...]]:
    """Records as they are, without their offsets."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, start)])
    records: list[tuple[object, ...]] = []
    try:
        wait_until(lambda: records.extend(consumer.consume(count, timeout=0.2)) or len(records) >= count)
        return [(m.key(), m.value(), m.timestamp(), m.headers()) for m in records[:count]]  # type: ignore[attr-defined]
    finally:
        consumer.close()


def watermarks(bootstrap: str, topic: str, partition: int) -> tuple[int, int]:
    """Log start and end; a topic comes with its first record, and has none before."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "log_level": 0})
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5)
    except KafkaException as failure:
        if failure.args[0].code() != KafkaError._UNKNOWN_PARTITION:
            raise
        return 0, 0
    else:
        return low, high
    finally:
        consumer.close()


def copied(stand: Stand) -> int:
    """How many records the target holds."""
    remote = [(f"{SOURCE_ALIAS}.{topic}", partition) for topic in TOPICS for partition in range(4)]
    return sum(watermarks(stand.target, topic, partition)[1] for topic, partition in remote)


def written(stand: Stand) -> int:
    """How many records the source holds."""
    return sum(watermarks(stand.source, topic, partition)[1] for topic in TOPICS for partition in range(4))


def offset_syncs(stand: Stand) -> list[tuple[str, int, int, int]]:
    """All pairs so far: topic, partition, upstream, downstream."""
    topic = "mm2-offset-syncs.modern.internal"
    pairs = []
    for key, value, *_ in read(stand.source, topic, 0, watermarks(stand.source, topic, 0)[1]):
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        (length,) = struct.unpack_from(">h", key)
        (partition,) = struct.unpack_from(">i", key, 2 + length)
        pairs.append((key[2 : 2 + length].decode(), partition, *struct.unpack(">qq", value)))
    return pairs


def one(reading: MirrorReading, topic: str, partition: int = 0) -> PartitionReading:
    return next(r for r in partition_readings(reading) if (r.topic, r.partition) == (topic, partition))


def test_the_toy_mirror_copies_records_as_they_are(stand: Stand) -> None:
    for topic in ("orders", "payments.charges", "inventory"):
        for partition in range(4):
            original = read(stand.source, topic, partition, 20)
            assert read(stand.target, f"{SOURCE_ALIAS}.{topic}", partition, 20) == original


def test_the_toy_mirror_keeps_headers_tombstones_and_old_timestamps(stand: Stand) -> None:
    producer = Producer({"bootstrap.servers": stand.source, "log_level": 0})
    producer.produce("audit", partition=2, headers=[("trace", b"7"), ("trace", None)], timestamp=1_000)
    producer.flush(5)

    wait_until(lambda: watermarks(stand.target, f"{SOURCE_ALIAS}.audit", 2)[1] >= 2)
    records = read(
        stand.target, f"{SOURCE_ALIAS}.audit", 2, watermarks(stand.target, f"{SOURCE_ALIAS}.audit", 2)[1]
    )
    assert (None, None, (1, 1_000), [("trace", b"7"), ("trace", None)]) in records


def test_its_offset_syncs_are_exact_pairs_at_the_first_record_and_every_hundred(stand: Stand) -> None:
    # 200 records a second over 12 partitions: the second pair comes after six seconds.
    wait_until(lambda: watermarks(stand.source, "mm2-offset-syncs.modern.internal", 0)[1] >= 16 + 12)

    firsts = {(topic, partition, 0, 0) for topic in TOPICS for partition in range(4)}
    hundredths = {
        (topic, partition, 100, 100) for topic in TOPICS if topic != "audit" for partition in range(4)
    }
    assert set(offset_syncs(stand)) == firsts | hundredths


def test_a_lost_range_leaves_exactly_that_hole(stand: Stand) -> None:
    remote = f"{SOURCE_ALIAS}.orders"
    wait_until(lambda: watermarks(stand.target, remote, 0)[1] > 5)
    stand.press("lose", topic="orders")
    first_kept = watermarks(stand.source, "orders", 0)[0]
    assert first_kept > watermarks(stand.target, remote, 0)[1]
    stand.press("clear")

    wait_until(lambda: any(up > down for _, _, up, down in offset_syncs(stand)))
    topic, partition, upstream, downstream = next(pair for pair in offset_syncs(stand) if pair[2] > pair[3])
    assert (topic, partition) == ("orders", 0)
    assert first_kept <= upstream <= watermarks(stand.source, "orders", 0)[0]
    after = read(stand.target, remote, 0, 20, start=downstream)
    assert after == read(stand.source, "orders", 0, 20, start=upstream)


def test_a_slow_mirror_copies_no_faster_than_it_is_told(stand: Stand) -> None:
    wait_until(lambda: copied(stand) >= 100)
    stand.press("slow", rate=20)
    # A backlog shows that the batch it had in hand when it was pressed is through.
    wait_until(lambda: written(stand) - copied(stand) >= 100)
    began, before = time.monotonic(), copied(stand)
    wait_until(lambda: copied(stand) >= before + 40)
    grown = copied(stand) - before

    # Half a second's worth may have been saved up, and as much may have been on its way.
    assert grown <= 20 * (time.monotonic() - began) + 10 + 10


def test_sending_waits_for_room_in_the_producer() -> None:
    broker = EmbeddedBroker()
    try:
        producer = Producer(
            {
                "bootstrap.servers": broker.bootstrap_servers,
                "queue.buffering.max.messages": 10,
                "log_level": 0,
            }
        )
        for number in range(100):
            send(producer, "orders", partition=0, value=b"%d" % number)
        producer.flush(5)

        assert [value for _, value, *_ in read(broker.bootstrap_servers, "orders", 0, 100)] == [
            b"%d" % n for n in range(100)
        ]
        del producer
    finally:
        broker.close()


def test_a_healthy_mirror_is_measured_from_its_offset_syncs(poll: Callable[[], MirrorReading]) -> None:
    wait_until(lambda: all(r.origin == "offset_sync" and r.is_verified for r in partition_readings(poll())))
    reading = poll()

    assert len(reading.partitions.index) == 16
    assert max(row.lag_records or 0 for row in partition_readings(reading)) < 100


def test_without_offset_syncs_the_tail_tells() -> None:
    stand = Stand(writes_offset_syncs=False)
    config = _config(stand)
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        wait_until(lambda: {r.origin for r in partition_readings(mirror.poll())} == {"tail_match"})
    finally:
        mirror.close(timeout=2)
        stand.close()


def test_a_stalled_topic_falls_behind_alone(stand: Stand, poll: Callable[[], MirrorReading]) -> None:
    wait_until(lambda: one(poll(), "orders").lag_records is not None)
    stand.press("stall", topic="inventory")
    wait_until(lambda: (one(poll(), "inventory").drift_seconds or 0) > 3)

    assert (one(poll(), "orders").drift_seconds or 0) < 2
    stand.press("clear")
    wait_until(lambda: (one(poll(), "inventory").drift_seconds or 99) < 1)


def test_a_lost_range_is_counted(stand: Stand, poll: Callable[[], MirrorReading]) -> None:
    wait_until(lambda: one(poll(), "orders").is_verified)
    stand.press("lose", topic="orders")

    wait_until(lambda: one(poll(), "orders").lost_records > 0)
    assert one(poll(), "inventory").lost_records == 0


def test_a_stopped_group_falls_behind(stand: Stand, poll: Callable[[], MirrorReading]) -> None:
    def wait() -> float:
        columns = poll().group_columns
        rows = [
            at
            for at, (side, group, _) in enumerate(columns.index)
            if (side, group) == ("target", "reporting")
        ]
        return max((columns.lag_seconds[at] for at in rows), default=-1.0)

    wait_until(lambda: 0 <= wait() < 2)
    stand.press("stop-group", group="reporting")

    wait_until(lambda: wait() > 3)


def test_faults_are_pressed_over_http_and_wrong_ones_are_told(stand: Stand) -> None:
    control = Control(stand)
    try:

        def press(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"{control.url}{path}", data=b"", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as refusal:
                return refusal.code, refusal.read().decode()

        assert press("/stall?topic=orders") == (200, "orders is not mirrored any more\n")
        assert press("/stall?topic=nothing")[0] == 404
        assert press("/explode")[0] == 404
        assert press("/slow?rate=fast")[0] == 400
        with urllib.request.urlopen(control.url, timeout=5) as answer:
            assert b"stalled topics: orders" in answer.read()
    finally:
        control.close()


def test_a_stall_pressed_after_a_loss_stays(stand: Stand) -> None:
    stand.press("lose", topic="orders")
    stand.press("stall", topic="orders")
    wait_until(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()))

    assert "stalled topics: orders;" in stand.state()


def test_everything_ends_when_it_is_closed_even_with_a_fault_on_its_way() -> None:
    before = {thread.ident for thread in threading.enumerate()}
    stand = Stand()
    stand.press("lose")
    stand.close()

    wait_until(lambda: {thread.ident for thread in threading.enumerate()} <= before, seconds=3)
