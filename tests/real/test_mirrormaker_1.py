"""MirrorMaker 1, which is a consumer group: its position is what it has committed."""

import asyncio
from collections.abc import Callable

from accuracy import accuracy
from rig.mirrormaker import COMMIT_SECONDS, MirrorMaker1
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload

TOPIC, GROUP = "one-a", "one-mirror"


async def mirrormaker_1(stage: Stage) -> Recording:
    recording = Recording()
    # It sends a record to the partition of its key: with one partition, to the same.
    stage.source_admin.create_topic(TOPIC)
    stage.target_admin.create_topic(TOPIC)
    workload = Workload(stage.source.bootstrap_servers, [(TOPIC, 0)], rate=40)
    follower = Follower(stage.target.bootstrap_servers, {TOPIC: TOPIC})
    maker = MirrorMaker1(
        work_dir=stage.work_dir / "mm1",
        source_bootstrap=stage.source.bootstrap_servers,
        target_bootstrap=stage.target.bootstrap_servers,
        group=GROUP,
        topics=TOPIC,
    )
    stage.ends_with(maker.process.kill)
    maker.process.start()
    workload.start()
    await until(lambda: bool(follower.first_seen), seconds=90, what="MirrorMaker 1 flows")
    watch = recording.watch = Watch(
        stage.config("one", tool="consumer_group", consumer_group={"side": "source", "group": GROUP},
                     replication_policy={"kind": "identity"})
    )  # fmt: skip
    await until(lambda: _is_calm(watch), seconds=30, what="drift is small")
    recording.mark("flowing")
    await asyncio.sleep(8)
    recording.mark("pausing")
    maker.process.pause()
    await asyncio.sleep(1)
    recording.mark("paused")
    await asyncio.sleep(20)
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: _is_calm(watch), seconds=60, what="drift is small again")
    workload.stop()
    await until(lambda: _lag(watch) == 0, seconds=30, what="all is mirrored and committed")
    watch.stop()
    follower.stop()
    recording.truth = Truth(workload, follower)
    await asyncio.to_thread(maker.process.stop)
    return recording


def _is_calm(watch: Watch) -> bool:
    row = watch.newest(TOPIC)
    return row is not None and row.drift_seconds is not None and row.drift_seconds < 2 + COMMIT_SECONDS


def _lag(watch: Watch) -> int | None:
    row = watch.newest(TOPIC)
    return None if row is None else row.lag_records


SCENARIOS = {"mirrormaker_1": mirrormaker_1}


def test_what_it_committed_is_its_position_within_its_interval(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["mirrormaker_1"].sound
    for phase in (("flowing", "pausing"), ("paused", "resuming")):
        rows = recording.between(*phase)
        found = accuracy(rows, recording.truth)

        figure(f"MirrorMaker 1, {phase[0]}", found)
        assert found.unmeasured == 0
        assert max(found.drift_errors) <= COMMIT_SECONDS + 1, str(found)
    assert {row.origin for _, row in recording.between("flowing", "resuming")} == {"consumer_group"}


def test_it_is_never_said_to_be_further_than_it_is(recordings: dict[str, Recording]) -> None:
    recording = recordings["mirrormaker_1"].sound

    for reading, row in recording.between("flowing", "resuming"):
        assert (row.position or 0) <= recording.truth.position((TOPIC, 0), reading.measured_monotonic + 0.05)
