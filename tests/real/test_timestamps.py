"""Records whose timestamps lie, topics that are compacted, and partitions that are idle."""

import asyncio
from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from accuracy import accuracy
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload

DAY_MS = 86_400_000
SHIFTS = {"clk-append": 0, "clk-back": -DAY_MS, "clk-future": 3_600_000}
IDLE, COMPACTED = "clk-idle", "clk-compact"


async def timestamps(stage: Stage) -> Recording:
    recording = Recording()
    stage.source_admin.create_topic("clk-append", message_timestamp_type="LogAppendTime")
    for topic in ("clk-back", "clk-future", IDLE):
        stage.source_admin.create_topic(topic)
    stage.source_admin.create_topic(
        COMPACTED, cleanup_policy="compact", segment_ms="2000", min_cleanable_dirty_ratio="0.01"
    )
    # Written and compacted before the mirror begins: holes ahead of it.
    _write_compacted(stage, range(3_000))
    idle = Workload(stage.source.bootstrap_servers, [(IDLE, 0)], rate=1)
    idle.send((IDLE, 0), count=10)
    workloads = {}
    for topic, shift in SHIFTS.items():
        workloads[topic] = Workload(stage.source.bootstrap_servers, [(topic, 0)], rate=20)
        workloads[topic].timestamp_shift_ms = shift
    await asyncio.sleep(8)
    follower = Follower(stage.target.bootstrap_servers, {f"clks.{topic}": topic for topic in SHIFTS})
    maker = stage.mirror_maker("clk")
    maker.process.start()
    for workload in workloads.values():
        workload.start()
    watch = recording.watch = Watch(stage.config("clk"))
    await until(lambda: len(follower.first_seen) == len(SHIFTS), seconds=150, what="lying topics flow")
    await until(lambda: _is_calm(watch), seconds=60, what="drift is small")
    recording.mark("flowing")
    await asyncio.sleep(10)
    maker.process.pause()
    await asyncio.sleep(1)
    recording.mark("paused")
    _write_compacted(stage, range(3_000, 4_000))
    await asyncio.sleep(20)
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: _is_calm(watch), seconds=60, what="drift is small again")
    for workload in workloads.values():
        workload.stop()
    await until(lambda: _is_at_rest(watch), seconds=60, what="all lag is gone")
    recording.mark("rest")
    await asyncio.sleep(4)
    recording.mark("rested")
    watch.stop()
    follower.stop()
    recording.truth = {topic: Truth(workload, follower) for topic, workload in workloads.items()}
    maker.process.stop()
    return recording


def _write_compacted(stage: Stage, numbers: range) -> None:
    producer = Producer({"bootstrap.servers": stage.source.bootstrap_servers, "log_level": 0, "linger.ms": 5})
    for number in numbers:
        producer.produce(COMPACTED, key=b"%d" % (number % 20), value=b"%d" % number)
    producer.flush(20)


def _is_calm(watch: Watch) -> bool:
    return watch.last is not None and all(drift < 2 for drift in watch.last.partitions.drift)


def _is_at_rest(watch: Watch) -> bool:
    return watch.last is not None and all(lag == 0 for lag in watch.last.partitions.lag)


SCENARIOS = {"timestamps": timestamps}


@pytest.mark.parametrize("topic", sorted(SHIFTS))
def test_drift_is_right_whatever_the_timestamps_say(
    recordings: dict[str, Recording], topic: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings["timestamps"].sound
    rows = [(m, r) for m, r in recording.between("paused", "resuming") if r.topic == topic]
    found = accuracy(rows, recording.truth[topic])

    figure(f"{topic}, paused", found)
    assert found.unmeasured == 0
    assert found.drift_within >= 0.99, str(found)
    assert found.lag_within >= 0.99, found


def test_an_idle_partition_says_zero(recordings: dict[str, Recording]) -> None:
    recording = recordings["timestamps"].sound
    rows = [r for _, r in recording.between("flowing", "rested") if r.topic == IDLE]

    assert rows
    assert {(row.lag_records, row.drift_seconds) for row in rows} == {(0, 0.0)}


def test_a_compacted_topic_comes_to_rest_without_lag(recordings: dict[str, Recording]) -> None:
    rows = [r for _, r in recordings["timestamps"].sound.between("rest", "rested") if r.topic == COMPACTED]

    assert rows
    assert {(row.lag_records, row.drift_seconds) for row in rows} == {(0, 0.0)}


def test_a_compacted_topic_has_no_false_calm_while_the_mirror_stands(
    recordings: dict[str, Recording],
) -> None:
    recording = recordings["timestamps"].sound
    rows = [(m, r) for m, r in recording.between("paused", "resuming") if r.topic == COMPACTED]
    late = [(m, r) for m, r in rows if m.measured_monotonic > recording.at["paused"] + 3]

    assert all((row.lag_records or 0) > 0 for _, row in late)
    last_reading, last = late[-1]
    assert last.drift_seconds == pytest.approx(
        last_reading.measured_monotonic - recording.at["paused"], abs=2.5
    )
