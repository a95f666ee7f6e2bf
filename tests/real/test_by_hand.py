"""Mirrors that are not MirrorMaker 2: a consumer group, one that keeps offsets, one that writes them into headers.

The mirror is this test's own loop, so that one partition can stop while the others flow.
"""

import asyncio
import struct
import threading
from collections.abc import Callable

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from accuracy import accuracy
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Truth, Workload

TOPIC, GROUP = "hand-a", "hand-mirror"
PARTITIONS = [(TOPIC, number) for number in range(3)]
STOPPED = (TOPIC, 1)


class HandMirror:
    """Copies one topic twice and commits what it has copied; one copy has the source offset in a header."""

    def __init__(self, stage: Stage, with_header: str, without_header: str) -> None:
        self._copies = {with_header: True, without_header: False}
        self._held: set[int] = set()
        self._consumer = Consumer(
            {
                "bootstrap.servers": stage.source.bootstrap_servers, "group.id": GROUP, "log_level": 0,
                "enable.auto.commit": False, "fetch.wait.max.ms": 20,
            }
        )  # fmt: skip
        self._consumer.assign([KafkaPartition(t, p, OFFSET_BEGINNING) for t, p in PARTITIONS])
        self._producer = Producer(
            {"bootstrap.servers": stage.target.bootstrap_servers, "log_level": 0, "linger.ms": 2}
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hold(self, partition: int) -> None:
        self._held.add(partition)

    def go_on(self) -> None:
        self._held.clear()

    def _run(self) -> None:
        held: set[int] = set()
        while not self._stopping.is_set():
            wanted = set(self._held)
            for numbers, change in (
                (wanted - held, self._consumer.pause),
                (held - wanted, self._consumer.resume),
            ):
                if numbers:
                    change([KafkaPartition(TOPIC, number) for number in numbers])
            held = wanted
            done: dict[int, int] = {}
            for message in self._consumer.consume(200, timeout=0.05):
                if message.error() is None:
                    offset = ("redpanda-migrator-offset", struct.pack(">q", message.offset()))
                    for remote, has_header in self._copies.items():
                        self._producer.produce(
                            remote,
                            partition=message.partition(),
                            key=message.key(),
                            value=message.value(),
                            timestamp=message.timestamp()[1],
                            headers=[offset] if has_header else [],
                        )
                    done[message.partition()] = message.offset() + 1
            self._producer.flush(10)
            if done:
                self._consumer.commit(
                    offsets=[KafkaPartition(TOPIC, number, offset) for number, offset in done.items()],
                    asynchronous=False,
                )

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        self._consumer.close()


async def by_hand(stage: Stage) -> Recording:
    recording = Recording()
    remote, plain = "hands.hand-a", "handplain.hand-a"
    stage.source_admin.create_topic(TOPIC, partitions=3)
    for copy in (remote, plain):
        stage.target_admin.create_topic(copy, partitions=3)
    workload = Workload(stage.source.bootstrap_servers, PARTITIONS, rate=60)
    follower = Follower(stage.target.bootstrap_servers, {remote: TOPIC})
    mirror = HandMirror(stage, remote, plain)
    workload.start()
    group = {"tool": "consumer_group", "consumer_group": {"side": "source", "group": GROUP}}
    kept = {"tool": "offset_preserving", "replication_policy": {"kind": "map", "topics": {TOPIC: remote}}}
    bytes_alone = {"tool": "any", "replication_policy": {"kind": "map", "topics": {TOPIC: plain}}}
    watches = {
        "provenance_header": Watch(stage.config("hand", tool="any")),
        "tail_match": Watch(stage.config("hand", **bytes_alone)),
        "consumer_group": Watch(stage.config("hand", **group)),
        "offset_preserving": Watch(stage.config("hand", **kept)),
    }
    await until(lambda: len(follower.first_seen) == 3, seconds=60, what="the hand mirror flows")
    await asyncio.sleep(5)
    recording.mark("flowing")
    mirror.hold(STOPPED[1])
    await asyncio.sleep(1)
    recording.mark("held")
    await asyncio.sleep(20)
    recording.mark("going_on")
    mirror.go_on()
    for name, watch in watches.items():
        await until(lambda watch=watch: _is_calm(watch), seconds=30, what=f"calm again by {name}")
        watch.stop()
    workload.stop()
    mirror.stop()
    follower.stop()
    recording.facts["rows"] = {
        name: [
            (m, r)
            for m, r in watch.rows()
            if recording.at["held"] <= m.measured_monotonic <= recording.at["going_on"]
        ]
        for name, watch in watches.items()
    }
    recording.truth = Truth(workload, follower)
    return recording


def _is_calm(watch: Watch) -> bool:
    return watch.last is not None and all(drift < 2 for drift in watch.last.partitions.drift)


SCENARIOS = {"by_hand": by_hand}
WAYS = ("provenance_header", "tail_match", "consumer_group", "offset_preserving")


@pytest.mark.parametrize("origin", WAYS)
def test_one_partition_that_stops_is_exact_while_the_others_flow(
    recordings: dict[str, Recording], origin: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings["by_hand"].sound
    rows = recording.facts["rows"][origin]
    stopped = accuracy([(m, r) for m, r in rows if r.partition == STOPPED[1]], recording.truth)
    flowing = [r for _, r in rows if r.partition != STOPPED[1]]

    figure(f"one partition stopped, by {origin}", stopped)
    assert stopped.unmeasured == 0
    assert stopped.drift_within >= 0.99, stopped
    assert stopped.lag_within >= 0.95, stopped
    assert max(r.drift_seconds or 0 for r in flowing) < 2


@pytest.mark.parametrize("origin", WAYS)
def test_the_origin_says_how_it_is_known(recordings: dict[str, Recording], origin: str) -> None:
    rows = recordings["by_hand"].sound.facts["rows"][origin]

    assert {row.origin for _, row in rows if row.partition == STOPPED[1]} == {origin}
