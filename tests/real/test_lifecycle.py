"""Topics that come, grow, go, and come again, under an exporter that was there before them."""

from rig.process import JavaProcess
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Workload

A, B = "life-a", "life-b"


async def lifecycle(stage: Stage) -> Recording:
    recording = Recording()
    watch = recording.watch = Watch(stage.config("life"))
    await until(lambda: len(watch.readings) >= 2, seconds=30, what="readings without any topic")
    recording.mark("empty")
    # Topics make themselves on this cluster: the mirror must not bring a deleted one back.
    never_creates = {"lifes.consumer.allow.auto.create.topics": "false"}
    maker = stage.mirror_maker("life", overrides=never_creates)
    stage.source_admin.create_topic(A, partitions=2)
    _send(stage, (A, 0), 10)
    _send(stage, (A, 1), 10)
    await until(lambda: _lag(watch, A) == 10, seconds=30, what="lag of a topic that is not mirrored yet")
    recording.facts["awaiting"] = (watch.newest(A), watch.last)
    maker.process.start()
    await until(
        lambda: _lag(watch, A) == 0 and _lag(watch, A, 1) == 0, seconds=120, what="the topic is mirrored"
    )
    recording.mark("mirrored")

    stage.source_admin.create_topic(B)
    _send(stage, (B, 0), 5)
    await until(lambda: _lag(watch, B) == 0, seconds=60, what="the topic that came later is mirrored")
    maker.process.pause()
    stage.source_admin.add_partitions(A, total=3)
    await until(lambda: stage.source_admin.topics()[A] == 3, seconds=20, what="the partition is there")
    _send(stage, (A, 2), 4)
    await until(lambda: _lag(watch, A, 2) == 4, seconds=20, what="lag of the new partition")
    recording.facts["new_partition"] = watch.newest(A, 2)
    await _initial_sync(stage, watch, maker.process, recording)
    await _recreate_unseen(stage, watch, recording)

    everything = stage.config("life")
    mirror = everything.mirrors[0]
    default = mirror.model_copy(update={"topics": type(mirror.topics)()})
    looking = Watch(everything.model_copy(update={"mirrors": [default]}))
    stage.source_admin.create_topic("unselected-by-anyone")
    await until(lambda: len(looking.readings) >= 3, seconds=30, what="readings with the default selection")
    looking.stop()
    recording.facts["default_selection"] = looking.last

    stage.source_admin.delete_topic(B)
    await until(lambda: watch.newest(B) is None, seconds=30, what="the deleted topic is gone")
    stage.source_admin.create_topic(B)
    _send(stage, (B, 0), 3)
    await until(lambda: _lag(watch, B) is not None, seconds=30, what="the recreated topic is seen")
    await until(lambda: _lag(watch, B) == 0, seconds=60, what="the recreated topic is mirrored")
    recording.facts["recreated"] = watch.newest(B)

    maker.process.stop()
    stage.source_admin.delete_topic(A)
    recording.mark("deleted")
    await until(lambda: watch.newest(A) is None, seconds=30, what="series of the deleted topic go")
    before = len(watch.readings)
    await until(lambda: len(watch.readings) >= before + 5, seconds=30, what="polls after the deletion")
    recording.facts["topics"] = stage.source_admin.topics()
    watch.stop()
    return recording


async def _initial_sync(stage: Stage, watch: Watch, process: JavaProcess, recording: Recording) -> None:
    """A second exporter is told of an initial sync while one partition is behind; later it is behind again."""
    await until(lambda: _drift(watch, A, 2) > 2, seconds=20, what="it is behind for longer than allowed")
    syncing = Watch(
        stage.config(
            "life", topics={"include": ["life-.*"], "initial_sync": True}, thresholds={"drift": "2s"}
        )
    )
    await until(lambda: _drift(syncing, A, 2) > 2, seconds=20, what="the initial sync is over its threshold")
    recording.facts["syncing"] = _states(syncing)
    process.resume()
    await until(lambda: _lag(watch, A, 2) == 0, seconds=60, what="the new partition is mirrored")
    await until(lambda: _states(syncing)[A] == "mirroring", seconds=20, what="the initial sync ends")
    process.pause()
    _send(stage, (A, 2), 1)
    await until(lambda: _drift(syncing, A, 2) > 2, seconds=20, what="it is behind again")
    recording.facts["synced"] = _states(syncing)
    syncing.stop()
    process.resume()
    await until(lambda: _lag(watch, A, 2) == 0, seconds=60, what="it has caught up again")


async def _recreate_unseen(stage: Stage, watch: Watch, recording: Recording) -> None:
    """Between two polls a topic is deleted, made anew, and written to."""
    watch.hold()
    stage.source_admin.delete_topic(B)
    await until(lambda: B not in stage.source_admin.topics(), seconds=20, what="the topic is deleted")
    stage.source_admin.create_topic(B)
    _send(stage, (B, 0), 2)
    recording.mark("recreated_unseen")
    watch.go_on()
    await until(lambda: _resets(watch, B) > 0, seconds=20, what="the reset is counted")
    await until(lambda: _lag(watch, B) == 0, seconds=60, what="the topic made anew is mirrored")
    recording.facts["recreated_unseen"] = watch.newest(B)
    recording.facts["copied"] = stage.target_end(f"lifes.{B}")


def _resets(watch: Watch, topic: str) -> int:
    row = watch.newest(topic)
    return row.position_resets if row else 0


def _drift(watch: Watch, topic: str, partition: int) -> float:
    row = watch.newest(topic, partition)
    return (row.drift_seconds if row else None) or 0.0


def _states(watch: Watch) -> dict[str, str]:
    return {topic.topic: topic.state for topic in watch.last.topics} if watch.last else {}


def _send(stage: Stage, partition: tuple[str, int], count: int) -> None:
    """From a producer of its own: one that lives on would bring a deleted topic back."""
    Workload(stage.source.bootstrap_servers, [partition], rate=1).send(partition, count=count)


def _lag(watch: Watch, topic: str, partition: int = 0) -> int | None:
    row = watch.newest(topic, partition)
    return None if row is None else row.lag_records


SCENARIOS = {"lifecycle": lifecycle}


def test_without_topics_there_are_readings_and_no_rows(recordings: dict[str, Recording]) -> None:
    recording = recordings["lifecycle"].sound
    assert recording.watch is not None

    early = [m for m in recording.watch.readings if m.measured_monotonic <= recording.at["empty"]]
    assert early
    assert all(len(reading.partitions.index) == 0 and reading.sides["source"].up for reading in early)


def test_a_named_topic_that_is_not_mirrored_yet_is_behind_by_all_it_holds(
    recordings: dict[str, Recording],
) -> None:
    row, _ = recordings["lifecycle"].sound.facts["awaiting"]

    assert (row.state, row.origin, row.position, row.lag_records) == (
        "awaiting_target",
        "not_mirrored_yet",
        0,
        10,
    )


def test_a_new_partition_is_behind_until_the_mirror_finds_it(recordings: dict[str, Recording]) -> None:
    row = recordings["lifecycle"].sound.facts["new_partition"]

    assert (row.origin, row.position, row.lag_records) == ("not_mirrored_yet", 0, 4)


def test_topics_nobody_named_are_counted_and_have_no_lag(recordings: dict[str, Recording]) -> None:
    reading = recordings["lifecycle"].sound.facts["default_selection"]

    states = {topic.topic: topic.state for topic in reading.topics}
    assert states["unselected-by-anyone"] == "not_selected"
    assert states[A] == "mirroring"
    assert "unselected-by-anyone" not in {tp.topic for tp in reading.partitions.index}


def test_a_recreated_topic_is_measured_from_its_new_beginning(recordings: dict[str, Recording]) -> None:
    row = recordings["lifecycle"].sound.facts["recreated"]

    assert (row.position, row.source_high_watermark, row.lag_records) == (3, 3, 0)


def test_a_topic_recreated_between_two_polls_is_a_reset_and_no_calm(recordings: dict[str, Recording]) -> None:
    recording = recordings["lifecycle"].sound
    assert recording.watch is not None
    row = recording.facts["recreated_unseen"]

    assert (row.position, row.source_high_watermark, row.lag_records, row.position_resets) == (2, 2, 0, 1)
    # Five records of the topic before, and the two of the topic after.
    assert recording.facts["copied"] == 7
    assert row.lost_records == 0


def test_a_declared_initial_sync_ends_once_and_for_all(recordings: dict[str, Recording]) -> None:
    facts = recordings["lifecycle"].sound.facts

    assert facts["syncing"][A] == "initial_sync"
    assert facts["synced"][A] == "mirroring"


def test_lag_is_never_negative_and_drift_stays_within_its_bounds(recordings: dict[str, Recording]) -> None:
    recording = recordings["lifecycle"].sound
    assert recording.watch is not None

    for _, row in recording.watch.rows():
        assert row.lag_records is None or row.lag_records >= 0
        if row.drift_seconds is not None and row.drift_upper_seconds is not None:
            assert (row.drift_lower_seconds or 0) <= row.drift_seconds <= row.drift_upper_seconds


def test_a_deleted_topic_is_not_brought_back_by_watching(recordings: dict[str, Recording]) -> None:
    recording = recordings["lifecycle"].sound

    assert A not in recording.facts["topics"]
