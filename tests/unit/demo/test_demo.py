"""The demo's mirror and faults, and the exporter watching them through its ordinary code path."""

import re
import signal
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.cli.demo import _config
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import PartitionReading, partition_readings
from kafka_mirror_exporter.demo.control import Control
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, Stand
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
    config = _config(stand, tail_match_only=False)
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        yield mirror.poll
    finally:
        mirror.close(timeout=2)


def read(bootstrap: str, topic: str, partition: int, count: int) -> list[tuple[object, ...]]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, 0)])
    records: list[tuple[object, ...]] = []
    try:
        wait_until(lambda: records.extend(consumer.consume(count, timeout=0.2)) or len(records) >= count)
        return [(m.key(), m.value(), m.timestamp()) for m in records[:count]]  # type: ignore[attr-defined]
    finally:
        consumer.close()


def one(reading: MirrorReading, topic: str, partition: int = 0) -> PartitionReading:
    return next(r for r in partition_readings(reading) if (r.topic, r.partition) == (topic, partition))


def test_the_toy_mirror_copies_records_as_they_are(stand: Stand) -> None:
    assert read(stand.source, "orders", 1, 30) == read(stand.target, f"{SOURCE_ALIAS}.orders", 1, 30)


def test_its_offset_syncs_are_exact_pairs(stand: Stand) -> None:
    syncs = read(stand.source, "mm2-offset-syncs.modern.internal", 0, 16)

    for key, value, _ in syncs:
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        (length,) = struct.unpack_from(">h", key)
        topic, (partition,) = key[2 : 2 + length].decode(), struct.unpack_from(">i", key, 2 + length)
        upstream, downstream = struct.unpack(">qq", value)
        original = read(stand.source, topic, partition, upstream + 1)[-1]
        copy = read(stand.target, f"{SOURCE_ALIAS}.{topic}", partition, downstream + 1)[-1]
        assert original == copy


def test_a_healthy_mirror_is_measured_from_its_offset_syncs(poll: Callable[[], MirrorReading]) -> None:
    wait_until(lambda: all(r.origin == "offset_sync" and r.is_verified for r in partition_readings(poll())))
    reading = poll()

    assert len(reading.partitions.index) == 16
    assert max(row.lag_records or 0 for row in partition_readings(reading)) < 100


def test_without_offset_syncs_the_tail_tells() -> None:
    stand = Stand(writes_offset_syncs=False)
    config = _config(stand, tail_match_only=True)
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


def test_everything_ends_when_it_is_closed() -> None:
    before = {thread.name for thread in threading.enumerate()}
    Stand().close()

    wait_until(lambda: {thread.name for thread in threading.enumerate()} <= before)


def test_the_command_says_what_to_try_and_ends_on_ctrl_c() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kafka_mirror_exporter", "demo", "--web.listen-address", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            said += process.stdout.readline()
        page = re.search(r"metrics +(http://\S+)", said)
        assert page is not None

        def has_drift() -> bool:
            with urllib.request.urlopen(page[1], timeout=5) as answer:
                return b"kafka_mirror_drift_seconds{" in answer.read()

        wait_until(has_drift)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
