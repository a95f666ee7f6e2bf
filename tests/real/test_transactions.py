"""A source written in transactions, mirrored by a MirrorMaker that reads uncommitted, as it does by default."""

import asyncio
import time

import pytest

from rig.admin import transaction
from rig.stage import Recording, Stage, Watch, until

TOPIC = "trx-a"
REMOTE = f"trxs.{TOPIC}"


async def transactions(stage: Stage) -> Recording:
    """Committed, aborted and open transactions, before, while and after the mirror stands still."""
    recording = Recording()
    stage.source_admin.create_topic(TOPIC)
    _write(stage, 20).commit_transaction()
    _write(stage, 10).abort_transaction()
    maker = stage.mirror_maker("trx")
    maker.process.start()
    await until(lambda: stage.target_end(REMOTE) == 30, seconds=150, what="aborted records are mirrored, too")
    watch = recording.watch = Watch(stage.config("trx"))
    await until(lambda: _is_at_rest(watch), seconds=30, what="the position is judged")
    recording.mark("rest")
    await asyncio.sleep(4)
    held = _write(stage, 15)
    await until(lambda: stage.target_end(REMOTE) == 45, seconds=30, what="an open transaction is mirrored")
    recording.mark("opened")
    await asyncio.sleep(4)
    maker.process.pause()
    held.commit_transaction()
    recording.mark("only_a_marker")
    await asyncio.sleep(5)
    recording.mark("writing")
    began = time.monotonic()
    _write(stage, 8).commit_transaction()
    recording.facts["appended"] = (began, time.monotonic())
    _write(stage, 5).abort_transaction()
    await asyncio.sleep(1.5)
    recording.mark("behind")
    await asyncio.sleep(8)
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: stage.target_end(REMOTE) == 58, seconds=60, what="everything is mirrored")
    await until(lambda: _is_at_rest(watch), seconds=30, what="the position is judged again")
    recording.mark("caught_up")
    await asyncio.sleep(4)
    recording.mark("end")
    watch.stop()
    maker.process.stop()
    return recording


def _write(stage: Stage, count: int):  # noqa: ANN202  # a producer, untyped
    """An open transaction with so many records in it."""
    values = [b"%d" % number for number in range(count)]
    return transaction(
        stage.source.bootstrap_servers, TOPIC, values, transactional_id=f"trx-{time.monotonic_ns()}"
    )


def _is_at_rest(watch: Watch) -> bool:
    row = watch.newest(TOPIC)
    return row is not None and row.lag_records == 0 and row.is_verified


SCENARIOS = {"transactions": transactions}


@pytest.mark.parametrize("phase", [("rest", "only_a_marker"), ("caught_up", "end")], ids=str)
def test_markers_and_what_is_open_are_no_lag(
    recordings: dict[str, Recording], phase: tuple[str, str]
) -> None:
    rows = [row for _, row in recordings["transactions"].sound.between(*phase)]

    # The poll during which the open transaction was written may see its records on their way.
    late = [row for row in rows if (row.lag_records, row.drift_seconds) != (0, 0.0)]
    assert len(rows) >= 3
    assert len(late) <= (1 if phase[0] == "rest" else 0)


def test_a_marker_alone_behind_a_mirror_that_stands_still_is_no_lag(recordings: dict[str, Recording]) -> None:
    recording = recordings["transactions"].sound
    rows = [
        row
        for reading, row in recording.between("only_a_marker", "writing")
        if reading.measured_monotonic > recording.at["only_a_marker"] + 2
    ]

    assert rows
    assert {(row.lag_records, row.drift_seconds) for row in rows} == {(0, 0.0)}


def test_what_is_written_behind_it_is_lag_for_as_long_as_it_waits(recordings: dict[str, Recording]) -> None:
    recording = recordings["transactions"].sound
    began, ended = recording.facts["appended"]
    rows = recording.between("behind", "resuming")

    assert len(rows) >= 5
    for reading, row in rows:
        # Thirteen records, and at the most the three markers among them.
        assert row.lag_records is not None
        assert row.drift_seconds is not None
        assert 13 <= row.lag_records <= 16
        tolerance = 1 + reading.poll_duration_seconds
        assert reading.measured_monotonic - ended - tolerance <= row.drift_seconds
        assert row.drift_seconds <= reading.measured_monotonic - began + tolerance


def test_nothing_of_it_is_a_loss_or_a_reset(recordings: dict[str, Recording]) -> None:
    recording = recordings["transactions"].sound
    assert recording.watch is not None

    assert {(row.lost_records, row.position_resets) for _, row in recording.watch.rows()} == {(0, 0)}
    assert {reading.facts.isolation_level for reading in recording.watch.readings} == {"read_uncommitted"}
