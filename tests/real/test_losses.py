"""Source records deleted before they were mirrored, and a topic that the target refuses."""

import asyncio

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Workload

PAUSED, STOPPED, UNSEEN = "los-paused", "los-stopped", "los-unseen"
REFUSED, TAKEN = "ref-refused", "ref-taken"
MIRRORED = 300


async def losses(stage: Stage) -> Recording:
    recording = Recording()
    topics = (PAUSED, STOPPED, UNSEEN)
    for topic in topics:
        stage.source_admin.create_topic(topic)
    workload = Workload(stage.source.bootstrap_servers, [(t, 0) for t in topics], rate=1)
    for topic in topics:
        workload.send((topic, 0), count=MIRRORED)
    maker = stage.mirror_maker("los")
    maker.process.start()
    watch = recording.watch = Watch(stage.config("los"))
    await until(
        lambda: all(_is_at_rest(watch, t) for t in topics), seconds=150, what="everything is mirrored"
    )

    maker.process.pause()
    workload.send((PAUSED, 0), count=500)
    stage.source_admin.delete_records(PAUSED, 0, before=700)
    await until(lambda: _lost(watch, PAUSED) > 0, seconds=20, what="the loss past a paused mirror is seen")
    recording.facts["while_paused"] = _lost(watch, PAUSED)

    # Deleted, and jumped over, between two polls.
    watch.hold()
    workload.send((UNSEEN, 0), count=500)
    stage.source_admin.delete_records(UNSEEN, 0, before=600)
    maker.process.resume()
    remote = f"{maker.source_alias}.{UNSEEN}"
    await until(
        lambda: stage.target_end(remote) >= MIRRORED + 200,
        seconds=60,
        what="the mirror has jumped and gone on",
    )
    watch.go_on()
    await until(lambda: _lost(watch, UNSEEN) > 0, seconds=30, what="the loss between two polls is seen")
    await until(lambda: _is_at_rest(watch, PAUSED), seconds=60, what="the paused one is mirrored")

    maker.process.kill()
    workload.send((STOPPED, 0), count=400)
    stage.source_admin.delete_records(STOPPED, 0, before=650)
    await until(lambda: _lost(watch, STOPPED) > 0, seconds=20, what="the loss past a stopped mirror is seen")
    maker.process.start()
    await until(lambda: all(_is_at_rest(watch, t) for t in topics), seconds=120, what="all is mirrored again")
    await asyncio.sleep(8)
    recording.facts["lost"] = {topic: _lost(watch, topic) for topic in topics}
    watch.stop()
    maker.process.stop()
    return recording


async def refused(stage: Stage) -> Recording:
    """A topic with a configuration that Kafka 3.2 takes and 4.1 does not; nobody makes it unasked there."""
    recording = Recording()
    strict = KafkaCluster(
        "4.1.0", work_dir=stage.work_dir / "strict", overrides={"auto.create.topics.enable": "false"}
    )
    stage.ends_with(strict.stop)
    strict.start()
    await asyncio.to_thread(strict.wait_ready)
    stage.source_admin.create_topic(REFUSED, segment_bytes="20000")
    stage.source_admin.create_topic(TAKEN)
    workload = Workload(stage.source.bootstrap_servers, [(REFUSED, 0), (TAKEN, 0)], rate=1)
    workload.send((REFUSED, 0), count=20)
    recording.mark("sent")
    workload.send((TAKEN, 0), count=20)
    maker = stage.mirror_maker("ref", target_bootstrap=strict.bootstrap_servers)
    maker.process.start()
    watch = recording.watch = Watch(stage.config("ref", target=strict.bootstrap_servers))
    await until(lambda: _is_at_rest(watch, TAKEN), seconds=150, what="the other topic is mirrored")
    await asyncio.sleep(8)
    recording.facts["row"], recording.facts["reading"] = watch.newest(REFUSED), watch.last
    recording.facts["target_topics"] = set(Admin(strict.bootstrap_servers).topics())
    watch.stop()
    maker.process.stop()
    strict.stop()
    return recording


def _lost(watch: Watch, topic: str) -> int:
    row = watch.newest(topic)
    return row.lost_records if row else 0


def _is_at_rest(watch: Watch, topic: str) -> bool:
    row = watch.newest(topic)
    return row is not None and row.lag_records == 0 and row.is_verified and row.state == "mirroring"


SCENARIOS = {"losses": losses, "refused": refused}


def test_records_deleted_past_a_paused_mirror_are_counted_at_once(recordings: dict[str, Recording]) -> None:
    assert recordings["losses"].sound.facts["while_paused"] == 700 - MIRRORED


def test_every_loss_is_counted_exactly_and_once(recordings: dict[str, Recording]) -> None:
    assert recordings["losses"].sound.facts["lost"] == {
        PAUSED: 700 - MIRRORED,
        STOPPED: 650 - MIRRORED,
        UNSEEN: 600 - MIRRORED,
    }


def test_a_topic_whose_configuration_the_target_refuses_is_behind_and_awaited(
    recordings: dict[str, Recording],
) -> None:
    recording = recordings["refused"].sound
    row, reading = recording.facts["row"], recording.facts["reading"]

    assert f"refs.{TAKEN}" in recording.facts["target_topics"]
    assert f"refs.{REFUSED}" not in recording.facts["target_topics"]
    assert (row.state, row.origin, row.lag_records) == ("awaiting_target", "not_mirrored_yet", 20)
    assert abs(row.drift_seconds - (reading.measured_monotonic - recording.at["sent"])) < 2
