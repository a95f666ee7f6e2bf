"""MirrorMaker 2 as connectors of a Connect cluster, a custom separator, and one topic that stops alone."""

import asyncio
from collections.abc import Callable

from accuracy import accuracy
from rig.connect import ConnectWorker, source_connector
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload

FLOWING, STOPPED = "con-flowing", "con-stopped"


async def connect_mode(stage: Stage) -> Recording:
    """Each topic has a connector of its own; one is paused through Connect, the other goes on."""
    recording = Recording()
    partitions = [(topic, number) for topic in (FLOWING, STOPPED) for number in range(2)]
    for topic in (FLOWING, STOPPED):
        stage.source_admin.create_topic(topic, partitions=2)
    workload = Workload(stage.source.bootstrap_servers, partitions, rate=60)
    follower = Follower(stage.target.bootstrap_servers, {f"cons_{t}": t for t in (FLOWING, STOPPED)})
    worker = ConnectWorker("con", stage.target.bootstrap_servers, work_dir=stage.work_dir / "connect")
    stage.ends_with(worker.process.kill)
    worker.process.start()
    await until(worker.answers, seconds=90, what="Connect answers")
    for topic in (FLOWING, STOPPED):
        connector = source_connector(
            stage.source.bootstrap_servers, stage.target.bootstrap_servers, topic,
            source_alias="cons", target_alias="cont", replication_policy_separator="_",
        )  # fmt: skip
        await asyncio.to_thread(worker.run_connector, f"mirror-{topic}", connector)
    workload.start()
    await until(lambda: len(follower.first_seen) == 4, seconds=120, what="both connectors mirror")
    watch = recording.watch = Watch(
        stage.config(
            "con",
            mirrormaker2={
                "connect_offsets": {"side": "target", "topic": worker.offsets_topic},
                "connect_urls": [worker.url],
            },
        )
    )
    await until(lambda: _is_calm(watch), seconds=30, what="drift is small")
    recording.mark("flowing")
    await asyncio.sleep(8)
    recording.mark("pausing")
    await asyncio.to_thread(worker.pause, f"mirror-{STOPPED}")
    await until(lambda: "paused" in _states(watch).values(), seconds=40, what="the pause is seen in Connect")
    recording.facts["states"] = _states(watch)
    recording.mark("paused")
    await asyncio.sleep(20)
    recording.mark("resuming")
    await asyncio.to_thread(worker.resume, f"mirror-{STOPPED}")
    await until(lambda: _is_calm(watch), seconds=60, what="drift is small again")
    recording.facts["reading"] = watch.last
    workload.stop()
    watch.stop()
    await asyncio.sleep(1)
    follower.stop()
    recording.truth = Truth(workload, follower)
    await asyncio.to_thread(worker.process.stop)
    return recording


def _is_calm(watch: Watch) -> bool:
    drifts = watch.last.partitions.drift if watch.last else ()
    return len(drifts) == 4 and all(drift < 2 for drift in drifts)


def _states(watch: Watch) -> dict[str, str]:
    """The state of each connector's only task."""
    tasks = watch.last.connector_tasks if watch.last else {}
    return {connector: state for (connector, state), count in tasks.items() if count == 1}


SCENARIOS = {"connect_mode": connect_mode}


def test_a_topic_that_stops_alone_is_exact_while_the_other_flows(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["connect_mode"].sound
    rows = recording.between("paused", "resuming")
    stopped = accuracy([(m, r) for m, r in rows if r.topic == STOPPED], recording.truth)
    flowing = accuracy([(m, r) for m, r in rows if r.topic == FLOWING], recording.truth)

    figure("one topic stopped in Connect", stopped)
    figure("the other one meanwhile", flowing)
    for found in (stopped, flowing):
        assert found.unmeasured == 0
        assert found.drift_within >= 0.99, str(found)
        assert found.lag_within >= 0.99, str(found)
    assert max(row.drift_seconds or 0 for _, row in rows if row.topic == STOPPED) > 18


def test_connect_says_which_connector_is_paused(recordings: dict[str, Recording]) -> None:
    states = recordings["connect_mode"].sound.facts["states"]

    assert states == {f"mirror-{FLOWING}": "running", f"mirror-{STOPPED}": "paused"}


def test_the_separator_and_the_aliases_are_found(recordings: dict[str, Recording]) -> None:
    facts = recordings["connect_mode"].sound.facts["reading"].facts

    assert (facts.policy, facts.separator) == ("default", "_")
    assert (facts.source_alias, facts.target_alias) == ("cons", "cont")
