"""The case that started it all: a healthy mirror, and one group on the target that stops on one partition.

The exporter reaches the target through a proxy that offers no more than Redpanda does.
"""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from kafka_mirror_exporter.core.views import group_readings

from rig.stage import Recording, Stage, Watch, until
from rig.truth import Follower, Workload

TOPIC, APP, IDLE = "grp-a", "grp-app", "grp-idle"


class Application:
    """A real member of a group; it may stop reading one partition, and stays a member."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self.committed: dict[int, int] = {}
        self._topic = topic
        self._held: set[int] = set()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0,
                "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50,
            }
        )  # fmt: skip
        self._consumer.subscribe([topic])
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
            for partitions, change in (
                (wanted - held, self._consumer.pause),
                (held - wanted, self._consumer.resume),
            ):
                if partitions:
                    change([KafkaPartition(self._topic, partition) for partition in partitions])
            held = wanted
            messages = [m for m in self._consumer.consume(200, timeout=0.2) if m.error() is None]
            for message in messages:
                if message.partition() not in held:
                    self.committed[message.partition()] = message.offset() + 1
            if messages and self.committed:
                offsets = [KafkaPartition(self._topic, p, o) for p, o in self.committed.items()]
                self._consumer.commit(offsets=offsets, asynchronous=False)
        self._consumer.close()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)


async def stopped_group(stage: Stage) -> Recording:
    recording = Recording()
    proxy = stage.watching_proxy("target", is_like_redpanda=True)
    stage.source_admin.create_topic(TOPIC, partitions=2)
    workload = Workload(stage.source.bootstrap_servers, [(TOPIC, 0), (TOPIC, 1)], rate=30)
    follower = Follower(stage.target.bootstrap_servers, {f"grps.{TOPIC}": TOPIC})
    maker = stage.mirror_maker("grp")
    maker.process.start()
    workload.start()
    await until(lambda: len(follower.first_seen) == 2, seconds=150, what="the mirror flows")
    stage.source_admin.commit(IDLE, {(TOPIC, 0): 5, (TOPIC, 1): 5})
    application = Application(stage.target.bootstrap_servers, APP, f"grps.{TOPIC}")
    through = f"127.0.0.1:{proxy.port}"
    groups = {"include": ["grp-.*"], "abandoned_after": "10s"}
    watch = recording.watch = Watch(stage.config("grp", target=through, groups=groups))
    await until(
        lambda: _lives_on(watch, APP) == "on_target", seconds=60, what="the group is seen on the target"
    )
    await until(lambda: _lives_on(watch, IDLE) == "abandoned", seconds=60, what="the idle group is abandoned")
    recording.mark("healthy")
    await asyncio.sleep(5)
    application.hold(0)
    await asyncio.sleep(2)
    recording.mark("held")
    recording.facts["held_at"] = application.committed[0]
    await asyncio.sleep(30)
    recording.facts["check"] = await asyncio.to_thread(_check, stage, through)
    await asyncio.sleep(10)
    recording.mark("going_on")
    application.go_on()
    await until(lambda: (_wait(watch, 0) or 99.0) < 3, seconds=60, what="the group has caught up")
    recording.facts["check_after"] = await asyncio.to_thread(_check, stage, through)
    recording.facts["outside"] = proxy.calls_outside_redpanda()
    watch.stop()
    application.stop()
    workload.stop()
    follower.stop()
    recording.facts["first_seen"] = follower.first_seen
    maker.process.stop()
    return recording


def _lives_on(watch: Watch, group: str) -> str | None:
    summaries = watch.last.groups if watch.last else ()
    return next((summary.state for summary in summaries if summary.group == group), None)


def _wait(watch: Watch, partition: int) -> float | None:
    rows = group_readings(watch.last) if watch.last else ()
    found = [r for r in rows if (r.side, r.group, r.partition) == ("target", APP, partition)]
    return found[0].lag_seconds if found else None


def _check(stage: Stage, target: str) -> tuple[int, object]:
    """`check`, as somebody at a terminal runs it: its exit status and what it says as JSON."""
    file = stage.work_dir / "check.yaml"
    file.write_text(
        f"""
mirrors:
  - source: {{alias: grps, bootstrap_servers: "{stage.source.bootstrap_servers}"}}
    target: {{alias: grpt, bootstrap_servers: "{target}"}}
    topics: {{include: ["grp-.*"]}}
    groups: {{include: ["grp-app"]}}
"""
    )
    ended = subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", "check", "--config.file", str(file), "--output", "json"],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return ended.returncode, json.loads(ended.stdout)


SCENARIOS = {"stopped_group": stopped_group}


def test_a_group_that_stops_is_late_to_the_second_on_its_partition(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["stopped_group"].sound
    assert recording.watch is not None
    arrivals = recording.facts["first_seen"][TOPIC, 0]  # the mirror sent nothing twice: number = offset
    errors = []
    for reading in recording.watch.readings:
        if not recording.at["held"] + 1 <= reading.measured_monotonic <= recording.at["going_on"]:
            continue
        row = next(r for r in group_readings(reading) if (r.side, r.group, r.partition) == ("target", APP, 0))
        true_wait = reading.measured_monotonic - arrivals[row.committed_offset]
        assert row.lag_seconds is not None
        errors.append(abs(row.lag_seconds - true_wait) - reading.poll_duration_seconds)

    figure("group stopped 45 s", f"{len(errors)} readings, largest error {max(errors):.3f} s")
    assert len(errors) >= 30
    assert max(errors) <= 1.0


def test_the_other_partition_of_the_group_is_not_late(recordings: dict[str, Recording]) -> None:
    recording = recordings["stopped_group"].sound
    assert recording.watch is not None

    waits = [
        row.lag_seconds
        for reading in recording.watch.readings
        if recording.at["held"] <= reading.measured_monotonic <= recording.at["going_on"]
        for row in group_readings(reading)
        if (row.side, row.group, row.partition) == ("target", APP, 1)
    ]
    assert waits
    assert max(wait for wait in waits if wait is not None) < 5


def test_check_ends_with_1_and_names_the_group(recordings: dict[str, Recording]) -> None:
    status, said = recordings["stopped_group"].sound.facts["check"]

    assert status == 1
    late = said[0]["groups"]
    assert [(row["group"], row["topic"], row["partition"]) for row in late] == [(APP, TOPIC, 0)]


def test_check_ends_with_0_when_all_is_well(recordings: dict[str, Recording]) -> None:
    status, said = recordings["stopped_group"].sound.facts["check_after"]

    assert (status, said[0]["groups"], said[0]["unmeasured"]) == (0, [], [])


@pytest.mark.parametrize("side", ["source", "target"])
def test_an_abandoned_group_is_shown_and_never_judged(recordings: dict[str, Recording], side: str) -> None:
    recording = recordings["stopped_group"].sound
    assert recording.watch is not None
    assert recording.watch.last is not None

    rows = [r for r in group_readings(recording.watch.last) if (r.group, r.side) == (IDLE, side)]
    assert rows, "MirrorMaker did not copy the group's commits: nothing was tried"
    assert not any(row.is_judged for row in rows)


def test_no_call_is_one_that_redpanda_would_not_understand(recordings: dict[str, Recording]) -> None:
    assert recordings["stopped_group"].sound.facts["outside"] == set()
