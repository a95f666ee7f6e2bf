"""The rig itself: what every other real test takes for granted about mirrors, faults and the truth."""

import asyncio
from array import array
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation, AdminClient, ResourceType

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.process import wait_until
from rig.stage import Recording, Stage, until
from rig.truth import Appended, Follower, Truth, Workload

PARTITIONS = [("rig-topic", 0), ("rig-topic", 1)]


async def stop_and_go(stage: Stage) -> Recording:
    """MirrorMaker 3.2 flows, is paused for 6 s, goes on, is killed, and is started again."""
    recording = Recording()
    stage.source_admin.create_topic("rig-topic", partitions=2)
    maker = stage.mirror_maker("rig")
    workload = Workload(stage.source.bootstrap_servers, PARTITIONS, rate=100)
    follower = Follower(stage.target.bootstrap_servers, {"rigs.rig-topic": "rig-topic"})

    def is_mirrored(number: int) -> bool:
        return all(number in follower.first_seen.get(partition, {}) for partition in PARTITIONS)

    async def newest_is_mirrored(what: str) -> None:
        newest = min(len(workload.appended[partition].numbers) for partition in PARTITIONS) - 1
        await until(lambda: is_mirrored(newest), seconds=90, what=what)

    maker.process.start()
    workload.start()
    try:
        await until(lambda: is_mirrored(100), seconds=90, what="the rig's mirror flows")
        await newest_is_mirrored("the rig's mirror has caught up")
        maker.process.pause()
        await asyncio.sleep(1)  # what was under way arrives
        recording.mark("paused")
        await asyncio.sleep(5)
        recording.mark("resuming")
        maker.process.resume()
        await newest_is_mirrored("the rig's mirror goes on")
        recording.mark("resumed")
        maker.process.kill()
        recording.facts["is running after kill"] = maker.process.is_running
        await asyncio.sleep(1)
        recording.mark("killed")
        await asyncio.sleep(2)
        recording.mark("starting")
        maker.process.start()
        await newest_is_mirrored("the rig's mirror goes on after kill -9")
        workload.stop()
        await newest_is_mirrored("the rig's mirror has copied all")
        recording.mark("idle")
    finally:
        workload.stop()
        follower.stop()
        maker.process.stop()
    recording.truth = Truth(workload, follower)
    recording.facts["ends"] = {
        partition: len(workload.appended[partition].numbers) for partition in PARTITIONS
    }
    return recording


SCENARIOS = {"stop_and_go": stop_and_go}


@pytest.mark.parametrize(("begin", "end"), [("paused", "resuming"), ("killed", "starting")])
def test_a_mirror_that_does_not_run_keeps_its_position(
    recordings: dict[str, Recording], begin: str, end: str
) -> None:
    recording = recordings["stop_and_go"].sound
    truth, at = recording.truth, recording.at

    for partition in PARTITIONS:
        waited = at[end] - at[begin]
        assert truth.position(partition, at[end]) == truth.position(partition, at[begin])
        # 50 records a second and partition, produced every 20 ms.
        assert truth.lag(partition, at[end]) - truth.lag(partition, at[begin]) == pytest.approx(
            50 * waited, abs=5
        )
        assert truth.drift(partition, at[end])[1] - truth.drift(partition, at[begin])[1] == pytest.approx(
            waited, abs=0.1
        )


def test_the_truth_is_the_first_record_that_is_missing(stage: Stage) -> None:
    partition = ("rig-counted", 0)
    workload = Workload(stage.source.bootstrap_servers, [partition], rate=1)
    follower = Follower(stage.target.bootstrap_servers, {})
    follower.stop()
    # Appended each second from 100 s on; offset 13 is a transaction's marker, record 2 comes late.
    workload.appended[partition] = Appended(
        offsets=array("q", [10, 11, 12, 14]),
        numbers=array("q", [0, 1, 2, 3]),
        at=array("d", [100, 101, 102, 103]),
        acknowledged=array("d", [100.125, 101.125, 102.125, 103.125]),
    )
    follower.first_seen[partition] = {0: 100.5, 1: 101.5, 3: 103.5, 2: 107.0}
    truth = Truth(workload, follower)

    seen = [
        (truth.position(partition, at), truth.lag(partition, at), truth.drift(partition, at))
        for at in (99.0, 100.25, 101.75, 104.0, 107.0)
    ]

    nothing = (0.0, 0.0)
    assert seen == [
        (10, 0, nothing),
        (10, 1, (0.125, 0.25)),
        (12, 0, nothing),
        (12, 2, (1.875, 2.0)),
        (15, 0, nothing),
    ]


def test_a_killed_mirror_is_gone(recordings: dict[str, Recording]) -> None:
    assert recordings["stop_and_go"].sound.facts["is running after kill"] is False


def test_a_mirror_that_goes_on_copies_everything(recordings: dict[str, Recording]) -> None:
    recording = recordings["stop_and_go"].sound
    truth, idle = recording.truth, recording.at["idle"]

    for partition in PARTITIONS:
        # Every record has one offset: nothing else was written to the topic.
        assert truth.position(partition, idle) == recording.facts["ends"][partition]
        assert (truth.lag(partition, idle), truth.drift(partition, idle)) == (0, (0.0, 0.0))


def test_a_killed_broker_is_gone_and_a_restarted_one_is_back(three_brokers: KafkaCluster) -> None:
    admin = AdminClient({"bootstrap.servers": three_brokers.bootstrap_servers, "log_level": 0})
    three_brokers.kill(2)
    wait_until(lambda: set(admin.list_topics(timeout=5).brokers) == {1, 3}, seconds=30, what="2 is fenced")

    three_brokers.restart(2)

    assert set(admin.list_topics(timeout=5).brokers) == {1, 2, 3}


@pytest.mark.parametrize("version", ["3.2.0", "4.1.0"])
def test_a_user_sees_what_the_admin_allows(tmp_path: Path, version: str) -> None:
    cluster = KafkaCluster(version, work_dir=tmp_path, users={"admin": "a", "reader": "r"})
    cluster.start()
    try:
        cluster.wait_ready()
        admin, reader = (
            Admin(cluster.bootstrap_servers, **cluster.login(user)) for user in ("admin", "reader")
        )
        admin.create_topic("seen")
        admin.create_topic("hidden")
        assert reader.topics() == {}

        admin.allow("reader", AclOperation.DESCRIBE, ResourceType.TOPIC, "seen")

        wait_until(lambda: reader.topics() == {"seen": 1}, seconds=10, what="the allowed topic is seen")
    finally:
        cluster.stop()
