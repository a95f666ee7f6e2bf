"""A mirror that writes in transactions of its own, and a source that is written in transactions."""

import asyncio
from collections.abc import Callable

from accuracy import accuracy
from rig.admin import transaction
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload

PLAIN, TRANSACTIONAL = "eos-plain", "eos-tx"


async def exactly_once(stage: Stage) -> Recording:
    recording = Recording()
    stage.source_admin.create_topic(PLAIN, partitions=2)
    stage.source_admin.create_topic(TRANSACTIONAL)
    partitions = [(PLAIN, 0), (PLAIN, 1)]
    workload = Workload(stage.source.bootstrap_servers, partitions, rate=40)
    follower = Follower(stage.target.bootstrap_servers, {f"eoss.{PLAIN}": PLAIN})
    maker = stage.mirror_maker(
        "eos", version="4.1.0", is_exactly_once=True, flush_ms=60_000, syncs_on_target=True
    )
    maker.process.start()
    workload.start()
    _write(stage, "eos-w1", 30).commit_transaction()
    _write(stage, "eos-w2", 30).abort_transaction()
    watch = recording.watch = Watch(stage.config("eos"))
    await until(lambda: len(follower.first_seen) == 2, seconds=150, what="the exactly-once mirror flows")
    await until(lambda: _is_calm(watch), seconds=60, what="it has caught up")
    recording.mark("flowing")
    await asyncio.sleep(20)
    recording.mark("pausing")
    maker.process.pause()
    await asyncio.sleep(1)
    recording.mark("paused")
    await asyncio.sleep(20)
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: _is_calm(watch), seconds=90, what="it has caught up again")
    workload.stop()
    await until(lambda: _is_at_rest(watch), seconds=60, what="everything is at rest")
    recording.mark("rest")
    await asyncio.sleep(5)
    recording.mark("rested")
    hanging = _write(stage, "eos-w3", 25)
    await until(lambda: _open_seconds(watch) > 4, seconds=60, what="the open transaction is seen")
    recording.facts["open"] = watch.newest(TRANSACTIONAL)
    recording.facts["facts"] = watch.last.facts if watch.last else None
    hanging.commit_transaction()
    await until(lambda: _open_seconds(watch) == 0 and _is_at_rest(watch), seconds=60, what="it is mirrored")
    recording.facts["committed"] = watch.newest(TRANSACTIONAL)
    watch.stop()
    follower.stop()
    recording.truth = Truth(workload, follower)
    maker.process.stop()
    return recording


def _write(stage: Stage, transactional_id: str, count: int):  # noqa: ANN202  # a producer, untyped
    values = [b"%s %d" % (transactional_id.encode(), number) for number in range(count)]
    return transaction(
        stage.source.bootstrap_servers, TRANSACTIONAL, values, transactional_id=transactional_id
    )


def _is_calm(watch: Watch) -> bool:
    return watch.last is not None and all(drift < 2 for drift in watch.last.partitions.drift)


def _is_at_rest(watch: Watch) -> bool:
    return watch.last is not None and all(lag == 0 for lag in watch.last.partitions.lag)


def _open_seconds(watch: Watch) -> float:
    """How long a transaction has been open on the transactional topic; 0 if none is."""
    if watch.last is None:
        return 0.0
    columns = watch.last.partitions
    row = next(at for at, tp in enumerate(columns.index) if tp.topic == TRANSACTIONAL)
    seconds = columns.open_transaction[row]
    return seconds if seconds == seconds else 0.0  # noqa: PLR0124  # not NaN


SCENARIOS = {"exactly_once": exactly_once}


def test_an_exactly_once_mirror_is_recognised(recordings: dict[str, Recording]) -> None:
    facts = recordings["exactly_once"].sound.facts["facts"]

    assert (facts.exactly_once, facts.isolation_level) == (True, "read_committed")


def test_its_markers_do_not_count_as_progress(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["exactly_once"].sound
    for phase in (("flowing", "pausing"), ("paused", "resuming")):
        rows = [(m, r) for m, r in recording.between(*phase) if r.topic == PLAIN]
        found = accuracy(rows, recording.truth)

        figure(f"exactly once, {phase[0]}", found)
        assert found.unmeasured == 0
        assert found.drift_within >= 0.99, str(found)
        assert found.lag_within >= 0.95, found


def test_at_rest_markers_and_aborted_records_are_no_lag(recordings: dict[str, Recording]) -> None:
    rows = recordings["exactly_once"].sound.between("rest", "rested")

    assert rows
    assert {(row.lag_records, row.drift_seconds) for _, row in rows} == {(0, 0.0)}


def test_an_open_transaction_hides_its_records_and_has_its_own_measure(
    recordings: dict[str, Recording],
) -> None:
    recording = recordings["exactly_once"].sound
    held, committed = recording.facts["open"], recording.facts["committed"]

    assert held.lag_records == 0
    assert held.source_last_stable_offset == held.source_high_watermark - 25
    assert committed.position >= held.source_high_watermark
