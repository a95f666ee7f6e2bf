"""Others who write to the target, mirrors that rewrite records, and mirrors of which nothing is known."""

import asyncio

from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from rig.stage import Recording, Stage, Watch, until
from rig.truth import Workload

GAP, STAMPED = "wri-gap", "wri-stamped"
REWRITTEN, IDENTICAL = "rew-a", "idn-a"


async def second_writer(stage: Stage) -> Recording:
    """A gap behind a mirror that stands still, and foreign and identical records on the target after it."""
    recording = Recording()
    stage.source_admin.create_topic(GAP)
    stage.source_admin.create_topic(STAMPED)
    workload = Workload(stage.source.bootstrap_servers, [(GAP, 0), (STAMPED, 0)], rate=1)
    workload.send((GAP, 0), count=200)
    workload.send((STAMPED, 0), count=200)
    maker = stage.mirror_maker("wri")
    # The target stamps what arrives: the mirrored timestamps are lost.
    stage.target_admin.create_topic(f"wris.{STAMPED}", message_timestamp_type="LogAppendTime")
    maker.process.start()
    watch = recording.watch = Watch(stage.config("wri"))
    await until(
        lambda: _lag(watch, GAP) == 0 and _lag(watch, STAMPED) == 0, seconds=150, what="all is mirrored"
    )
    await until(lambda: _is_verified(watch, STAMPED), seconds=20, what="a stamped topic is verified")

    maker.process.pause()
    workload.send((GAP, 0), count=50)
    workload.send((STAMPED, 0), count=30)
    await until(lambda: _lag(watch, GAP) == 50, seconds=20, what="the gap is seen")
    recording.mark("gap")
    await asyncio.sleep(2)
    writer = Producer({"bootstrap.servers": stage.target.bootstrap_servers, "log_level": 0})
    for number in range(70):
        writer.produce(f"wris.{GAP}", partition=0, value=b"-%d:of its own" % number)
    writer.flush(10)
    await asyncio.sleep(3)
    workload.send((GAP, 0), count=20)
    _copy_tail(stage, GAP, 20, writer)
    await asyncio.sleep(8)
    recording.mark("resuming")
    recording.facts["stamped"] = watch.newest(STAMPED)
    maker.process.resume()
    await until(
        lambda: _lag(watch, GAP) == 0 and _lag(watch, STAMPED) == 0, seconds=60, what="all is mirrored again"
    )
    await until(lambda: _is_verified(watch, GAP), seconds=30, what="the position is verified again")
    recording.facts["end"] = watch.newest(GAP)
    watch.stop()
    maker.process.stop()
    return recording


def _copy_tail(stage: Stage, topic: str, count: int, writer: Producer) -> None:
    """Writes the source's newest records to the target, byte by byte and with their timestamps."""
    reader = Consumer(
        {
            "bootstrap.servers": stage.source.bootstrap_servers,
            "group.id": "tail",
            "log_level": 0,
            "enable.auto.commit": False,
        }
    )
    end = reader.get_watermark_offsets(KafkaPartition(topic, 0), timeout=10)[1]
    reader.assign([KafkaPartition(topic, 0, end - count)])
    copied = 0
    while copied < count:
        for message in reader.consume(count, timeout=1):
            writer.produce(
                f"wris.{topic}",
                partition=0,
                key=message.key(),
                value=message.value(),
                timestamp=message.timestamp()[1],
            )
            copied += 1
    writer.flush(10)
    reader.close()


async def rewriting(stage: Stage) -> Recording:
    """A transform adds a header to every record: nothing on the target equals the source."""
    recording = Recording()
    stage.source_admin.create_topic(REWRITTEN)
    workload = Workload(stage.source.bootstrap_servers, [(REWRITTEN, 0)], rate=20)
    prefix = "rews->rewt.transforms"
    maker = stage.mirror_maker(
        "rew",
        overrides={
            prefix: "mark",
            f"{prefix}.mark.type": "org.apache.kafka.connect.transforms.InsertHeader",
            f"{prefix}.mark.header": "mirrored-by",
            f"{prefix}.mark.value.literal": "mm2",
            "rews->rewt.header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter",
        },
    )
    maker.process.start()
    workload.start()
    watch = recording.watch = Watch(stage.config("rew"))
    tolerant = Watch(stage.config("rew", verify={"ignore_headers": ["mirrored-by"]}))
    await until(
        lambda: stage.target_end(f"rews.{REWRITTEN}") > 50, seconds=150, what="the rewriting mirror flows"
    )
    await asyncio.sleep(10)
    maker.process.pause()
    recording.mark("paused")
    await asyncio.sleep(12)
    recording.facts["paused"] = (watch.newest(REWRITTEN), tolerant.newest(REWRITTEN))
    recording.mark("measured")
    maker.process.resume()
    workload.stop()
    await until(lambda: _lag(watch, REWRITTEN) == 0, seconds=60, what="the rewriting mirror has caught up")
    watch.stop()
    tolerant.stop()
    maker.process.stop()
    return recording


async def identity(stage: Stage) -> Recording:
    """Names kept, offset syncs on the target; and the same mirror watched without any of its own topics."""
    recording = Recording()
    stage.source_admin.create_topic(IDENTICAL, partitions=2)
    workload = Workload(stage.source.bootstrap_servers, [(IDENTICAL, 0), (IDENTICAL, 1)], rate=20)
    maker = stage.mirror_maker(
        "idn", version="4.1.0", is_identity=True, syncs_on_target=True, flush_ms=60_000
    )
    maker.process.start()
    workload.start()
    await until(lambda: stage.target_end(IDENTICAL) > 50, seconds=150, what="the identity mirror flows")
    watch = recording.watch = Watch(stage.config("idn", replication_policy={"kind": "identity"}))
    anyone = Watch(stage.config("idn", tool="any", replication_policy={"kind": "identity"}))
    unread = Watch(
        stage.config("idn", replication_policy={"kind": "identity"}, verify={"read_records": False})
    )
    await asyncio.sleep(8)
    maker.process.pause()
    recording.mark("paused")
    await asyncio.sleep(12)
    recording.facts["paused"] = [w.newest(IDENTICAL) for w in (watch, anyone, unread)]
    recording.facts["policy"] = watch.last.facts if watch.last else None
    maker.process.resume()
    workload.stop()
    for each in (watch, anyone, unread):
        await until(lambda each=each: _lag(each, IDENTICAL) == 0, seconds=60, what="caught up")
        each.stop()
    maker.process.stop()
    return recording


def _lag(watch: Watch, topic: str) -> int | None:
    row = watch.newest(topic)
    return None if row is None else row.lag_records


def _is_verified(watch: Watch, topic: str) -> bool:
    row = watch.newest(topic)
    return row is not None and row.is_verified


SCENARIOS = {"second_writer": second_writer, "rewriting": rewriting, "identity": identity}


def test_no_record_of_a_second_writer_hides_the_gap(recordings: dict[str, Recording]) -> None:
    recording = recordings["second_writer"].sound
    rows = [row for _, row in recording.between("gap", "resuming") if row.topic == GAP]

    assert len(rows) >= 10
    assert {row.position for row in rows} == {200}
    assert rows[-1].lag_records == 70
    assert (rows[-1].drift_seconds or 0) > 10


def test_after_the_gap_is_filled_the_position_is_exact(recordings: dict[str, Recording]) -> None:
    row = recordings["second_writer"].sound.facts["end"]

    assert (row.position, row.lag_records, row.is_verified) == (270, 0, True)


def test_a_target_that_stamps_records_itself_is_verified_by_content(recordings: dict[str, Recording]) -> None:
    row = recordings["second_writer"].sound.facts["stamped"]

    assert (row.position, row.lag_records) == (200, 30)


def test_a_mirror_that_rewrites_records_is_measured_unverified(recordings: dict[str, Recording]) -> None:
    recording = recordings["rewriting"].sound
    row, tolerant = recording.facts["paused"]

    assert not row.is_verified
    for each in (row, tolerant):
        waited = recording.at["measured"] - recording.at["paused"]
        assert abs((each.drift_seconds or 0) - waited) < 3
    assert tolerant.is_verified


def test_every_way_to_know_a_mirror_says_the_same(recordings: dict[str, Recording]) -> None:
    synced, anyone, unread = recordings["identity"].sound.facts["paused"]

    assert synced.position == anyone.position == unread.position
    assert (synced.origin, anyone.origin, unread.origin) == ("offset_sync", "tail_match", "offset_sync")
    assert (synced.is_verified, anyone.is_verified, unread.is_verified) == (True, True, False)
    assert min(row.drift_seconds or 0 for row in (synced, anyone, unread)) > 8


def test_the_identity_policy_is_named(recordings: dict[str, Recording]) -> None:
    assert recordings["identity"].sound.facts["policy"].policy == "identity"
