"""A mirror that flows, stands still, goes on, and is killed: drift and lag against the truth."""

import asyncio
from collections.abc import Callable

import pytest

from accuracy import accuracy
from rig.mirrormaker import MirrorMaker
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload


async def _flow(
    stage: Stage, name: str, maker: MirrorMaker, *, topics: int, rate: float, kills: bool, **mirror: object
) -> Recording:
    recording = Recording()
    partitions = [(f"{name}-{number}", partition) for number in range(topics) for partition in range(4)]
    for number in range(topics):
        stage.source_admin.create_topic(f"{name}-{number}", partitions=4)
    workload = Workload(stage.source.bootstrap_servers, partitions, rate=rate)
    follower = Follower(
        stage.target.bootstrap_servers, {f"{name}s.{topic}": topic for topic in {t for t, _ in partitions}}
    )
    maker.process.start()
    workload.start()
    await until(
        lambda: len(follower.first_seen) == len(partitions),
        seconds=120,
        what=f"{name}: every partition flows",
    )
    # A first look after a start without history: what a restarted exporter would see.
    watch = recording.watch = Watch(stage.config(name, **mirror))
    await until(lambda: len(watch.readings) >= 3, seconds=30, what=f"{name}: first readings")
    recording.mark("flowing")
    await asyncio.sleep(20)
    recording.mark("pausing")
    maker.process.pause()
    await asyncio.sleep(1.0)
    recording.mark("paused")
    await asyncio.sleep(25)
    late = Watch(stage.config(name, **mirror))
    await asyncio.sleep(15)
    late.stop()
    recording.facts["late"] = late.rows()
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: _is_calm(watch), seconds=90, what=f"{name}: drift is back to 0 by itself")
    recording.mark("calm")
    if kills:
        maker.process.kill()
        await asyncio.sleep(10)
        maker.process.start()
        await asyncio.sleep(8)
        await until(lambda: _is_calm(watch), seconds=120, what=f"{name}: mirroring again after kill -9")
        await asyncio.sleep(10)
        recording.mark("restarted")
    workload.stop()
    await until(
        lambda: all(len(follower.first_seen[p]) == len(workload.appended[p].numbers) for p in partitions),
        seconds=60,
        what=f"{name}: everything is mirrored",
    )
    await asyncio.sleep(5)
    recording.mark("idle")
    watch.stop()
    follower.stop()
    recording.facts["copies"] = sum(follower.copies.values())
    recording.facts["records"] = sum(len(log.numbers) for log in workload.appended.values())
    recording.truth = Truth(workload, follower)
    maker.process.stop()
    return recording


def _is_calm(watch: Watch) -> bool:
    last = watch.last
    return last is not None and all(drift < 2 for drift in last.partitions.drift)


async def plain(stage: Stage) -> Recording:
    """MirrorMaker 3.2, stored offsets flushed every 2 s, killed and started again at the end."""
    return await _flow(stage, "plain", stage.mirror_maker("plain"), topics=3, rate=240, kills=True)


async def slow_flush(stage: Stage) -> Recording:
    """MirrorMaker 4.1 with the default flush of 60 s: what it stores is of no use."""
    maker = stage.mirror_maker("flush", version="4.1.0", flush_ms=60_000)
    return await _flow(stage, "flush", maker, topics=1, rate=80, kills=False)


SCENARIOS = {"plain": plain, "slow_flush": slow_flush}
BOTH = pytest.mark.parametrize("scenario", sorted(SCENARIOS))


@BOTH
def test_a_flowing_mirror_has_the_true_lag_and_little_drift(
    recordings: dict[str, Recording], scenario: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings[scenario].sound
    found = accuracy(recording.between("flowing", "pausing"), recording.truth)

    figure(f"{scenario}, flowing", found)
    assert found.unmeasured == 0
    assert found.lag_within >= 0.99, found
    assert found.drift_within >= 0.99, str(found)


@BOTH
def test_a_paused_mirror_is_exact_to_the_second(
    recordings: dict[str, Recording], scenario: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings[scenario].sound
    found = accuracy(recording.between("paused", "resuming"), recording.truth)

    figure(f"{scenario}, paused", found)
    assert found.unmeasured == 0
    assert found.lag_within >= 0.99, found
    assert found.drift_within >= 0.99, str(found)
    assert max(row.drift_seconds or 0 for _, row in recording.between("paused", "resuming")) > 35


@BOTH
def test_an_exporter_that_starts_late_knows_at_once(
    recordings: dict[str, Recording], scenario: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings[scenario].sound
    rows = recording.facts["late"]
    first = [(reading, row) for reading, row in rows if reading.polls == 1]
    found, at_once = accuracy(rows, recording.truth), accuracy(first, recording.truth)

    figure(f"{scenario}, started 25 s after the mirror stopped", found)
    assert at_once.unmeasured == 0, at_once
    for each in (found, at_once):
        assert each.lag_within >= 0.99, each
        assert each.drift_within >= 0.99, str(each)
    assert min(row.drift_seconds or 0 for _, row in first) > 22


def test_what_watching_costs_is_told(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["plain"].sound
    assert recording.watch is not None
    costs = {}
    for phase, (begin, end) in {"flowing": ("flowing", "pausing"), "paused": ("paused", "resuming")}.items():
        readings = [
            m
            for m in recording.watch.readings
            if recording.at[begin] <= m.measured_monotonic <= recording.at[end]
        ]
        received = [
            sum(side.received_bytes for side in m.sides.values()) for m in (readings[0], readings[-1])
        ]
        costs[phase] = (received[1] - received[0]) / (len(readings) - 1) / 12
        figure(
            f"received for each partition and poll, all calls to both clusters, {phase}",
            f"{costs[phase]:.0f} bytes",
        )

    # Less than one batch of records: what healthy partitions are compared with in rotation, and metadata.
    assert max(costs.values()) < 20_000


@BOTH
def test_a_resumed_mirror_is_exact_until_it_has_caught_up(
    recordings: dict[str, Recording], scenario: str
) -> None:
    recording = recordings[scenario].sound
    found = accuracy(recording.between("resuming", "calm"), recording.truth, is_catching_up=True)

    assert found.lag_within >= 0.9, str(found)
    assert found.drift_within >= 0.9, str(found)


def test_records_sent_again_after_kill_9_make_no_false_calm(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["plain"].sound
    found = accuracy(recording.between("calm", "restarted"), recording.truth, is_catching_up=True)

    figure("plain, killed and restarted", found)
    assert recording.facts["copies"] > recording.facts["records"], (
        "the mirror sent nothing twice: nothing was tried"
    )
    assert found.lag_within >= 0.97, found
    assert found.drift_within >= 0.97, str(found)


@BOTH
def test_at_rest_everything_is_zero_and_verified(recordings: dict[str, Recording], scenario: str) -> None:
    recording = recordings[scenario].sound
    assert recording.watch is not None
    last = recording.watch.last

    assert last is not None
    rows = [row for reading, row in recording.watch.rows() if reading is last]
    assert [(row.lag_records, row.drift_seconds) for row in rows] == [(0, 0.0)] * len(rows)
    assert all(row.is_verified for row in rows)


@BOTH
def test_nothing_is_reported_lost_or_reset(recordings: dict[str, Recording], scenario: str) -> None:
    recording = recordings[scenario].sound
    assert recording.watch is not None

    assert {row.lost_records for _, row in recording.watch.rows()} == {0}
    assert {row.position_resets for _, row in recording.watch.rows()} == {0}


@BOTH
def test_the_mirrors_heartbeat_is_seen(recordings: dict[str, Recording], scenario: str) -> None:
    recording = recordings[scenario].sound
    assert recording.watch is not None
    assert recording.watch.last is not None

    beat = recording.watch.last.heartbeat_timestamp
    assert beat is not None
    assert abs(recording.watch.last.measured_at - beat) < 15
