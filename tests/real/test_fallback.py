"""The fallback on real clusters: engaged, told, held while blind or killed, released; and a proxy that writes twice."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
from confluent_kafka import Producer

from rig.answers import Answers
from rig.listener import Listener
from rig.mirrormaker import MirrorMaker
from rig.process import JavaProcess
from rig.proxy import Proxy
from rig.served import ServedFallback
from rig.stage import Recording, Stage, until
from rig.truth import QUIET, Follower, Workload

STOPPED, OTHER = "fbk-a", "fbk-b"
THRESHOLD, RELEASE_AFTER, MIN_ENGAGED = 12.0, 4.0, 6.0
FLUSH_SECONDS, GAP, GAP_SECONDS = 60.0, 60, 120.0
FIRST_WRITTEN_TWICE = 1_000_000
VERSIONS = {"fbd": "3.2.0", "fbe": "4.1.0"}


def served_on(
    stage: Stage, name: str, folder: Path, *, source: str, listener: Listener | None
) -> ServedFallback:
    folder.mkdir()
    hooks = [{"url": listener.url, "secret": {"env": "SHARED"}}] if listener else []
    return ServedFallback(
        folder,
        stage.mirror(name, source=source, thresholds={"drift": "4s", "fallback": f"{THRESHOLD:g}s"}),
        fallback={"release_after": f"{RELEASE_AFTER:g}s", "min_engaged": f"{MIN_ENGAGED:g}s"},
        notify={"webhooks": hooks},
        environment={"SHARED": "s3cret"},
    )


async def engaged_and_released(stage: Stage) -> Recording:
    """One topic stops, the source is cut, the exporter is killed, and the mirror goes on again."""
    recording, listener = Recording(), Listener()
    listener.__enter__()
    stage.ends_with(listener.go_away)
    proxy = stage.watching_proxy("source")
    served = served_on(
        stage, "fbk", stage.work_dir / "served-fbk", source=f"127.0.0.1:{proxy.port}", listener=listener
    )
    stage.ends_with(served.kill)
    for topic in (STOPPED, OTHER):
        stage.source_admin.create_topic(topic, partitions=2)
    workload = Workload(stage.source.bootstrap_servers, [(STOPPED, 0), (STOPPED, 1), (OTHER, 0)], rate=6)
    maker = stage.mirror_maker("fbk")
    maker.process.start()
    workload.start()
    served.start()
    answers = Answers(served)
    answers.start()
    stage.ends_with(answers.stop)
    for topic in (STOPPED, OTHER):
        await until(
            lambda topic=topic: answers.is_now(topic, engaged=False), seconds=150, what=f"{topic} is known"
        )
    await _stop_one_topic(recording, maker.process, workload, answers, listener)
    await _cut_and_kill(recording, proxy, served, answers)
    recording.mark("resuming")
    maker.process.resume()
    await until(lambda: answers.is_now(STOPPED, engaged=False), seconds=60, what="it is released")
    recording.mark("released")
    await until(
        lambda: _told(listener, STOPPED)[-1:] == [False], seconds=10, what="the proxy is told of the release"
    )
    answers.stop()
    served.kill()
    maker.process.stop()
    recording.facts |= {"answers": answers, "listener": listener}
    return recording


async def _stop_one_topic(
    recording: Recording, mirror: JavaProcess, workload: Workload, answers: Answers, listener: Listener
) -> None:
    await asyncio.sleep(3)
    workload.stop()
    await asyncio.sleep(5)  # what was sent is mirrored before the mirror stops
    mirror.pause()
    recording.mark("stopped")
    workload.send((STOPPED, 1), count=3)
    recording.mark("sent")
    await until(lambda: answers.is_now(STOPPED, engaged=True), seconds=40, what="it is engaged")
    await until(lambda: _told(listener, STOPPED)[-1:] == [True], seconds=10, what="the proxy is told")
    told = next(p for p in listener.accepted if p.at > recording.at["stopped"] and p.content["engaged"])
    recording.facts["told_at"] = told.at


async def _cut_and_kill(recording: Recording, proxy: Proxy, served: ServedFallback, answers: Answers) -> None:
    """While it is engaged: the source is away for a while, then the exporter."""
    proxy.cut()
    recording.mark("cut")
    await until(lambda: answers.is_now(STOPPED, engaged=True, blind=True), seconds=30, what="it is blind")
    await until(
        lambda: answers.is_now(OTHER, engaged=False, blind=True), seconds=30, what="the other is blind"
    )
    await asyncio.sleep(RELEASE_AFTER + MIN_ENGAGED)
    proxy.restore()
    recording.mark("restored")
    await until(lambda: answers.is_now(STOPPED, engaged=True, blind=False), seconds=30, what="it sees again")
    served.kill()
    recording.mark("killed")
    await asyncio.to_thread(served.start)
    await until(
        lambda: answers.of(STOPPED, since=recording.at["killed"]), seconds=30, what="it answers again"
    )
    await asyncio.sleep(5)


@dataclass(slots=True)
class WritingTwice:
    """A proxy whose records on both clusters are the same, byte by byte and in their timestamps."""

    source: str
    target: str
    topic: str
    remote: str
    written: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        clusters = [
            (Producer(QUIET | {"bootstrap.servers": address}), topic)
            for address, topic in ((self.source, self.topic), (self.target, self.remote))
        ]
        while not self._stopping.wait(0.5):
            number, timestamp = FIRST_WRITTEN_TWICE + self.written, int(time.time() * 1000)
            for producer, topic in clusters:
                producer.produce(
                    topic, partition=0, key=b"k", value=b"%d:twice" % number, timestamp=timestamp
                )
                producer.flush(10)
            self.written += 1

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(20)


def _slow_mirror_maker(stage: Stage, name: str, slow: Proxy) -> MirrorMaker:
    """Two records or so at a time: when answers are late, the gap is filled slowly enough to be watched."""
    return stage.mirror_maker(
        name,
        version=VERSIONS[name],
        flush_ms=int(FLUSH_SECONDS * 1000),
        source_bootstrap=f"127.0.0.1:{slow.port}",
        overrides={f"{name}s.consumer.max.partition.fetch.bytes": "300"},
    )


async def written_twice(stage: Stage, *, name: str) -> Recording:
    """A gap behind a mirror that stands, a proxy that writes to both clusters, and a mirror that fills the gap slowly."""
    recording, topic, remote = Recording(), f"{name}-a", f"{name}s.{name}-a"
    slow = stage.proxy("source")
    served = served_on(
        stage, name, stage.work_dir / f"served-{name}", source=stage.watched["source"], listener=None
    )
    stage.ends_with(served.kill)
    stage.source_admin.create_topic(topic)
    workload = Workload(stage.source.bootstrap_servers, [(topic, 0)], rate=1)
    follower = Follower(stage.target.bootstrap_servers, {remote: topic})
    maker = _slow_mirror_maker(stage, name, slow)
    maker.process.start()
    workload.send((topic, 0), count=50)
    served.start()
    answers = Answers(served)
    answers.start()
    stage.ends_with(answers.stop)
    await until(lambda: answers.is_now(topic, engaged=False), seconds=150, what="all is mirrored")
    maker.process.pause()
    slow.delay(0.4)
    await asyncio.sleep(2)
    for _ in range(GAP):
        workload.send((topic, 0))
        await asyncio.sleep(GAP_SECONDS / GAP)
    await until(lambda: answers.is_now(topic, engaged=True), seconds=40, what="it is engaged")
    recording.mark("engaged")
    twice = WritingTwice(stage.source.bootstrap_servers, stage.target.bootstrap_servers, topic, remote)
    twice.start()
    stage.ends_with(twice.stop)
    await asyncio.sleep(RELEASE_AFTER + MIN_ENGAGED + 5)
    recording.mark("resuming")
    maker.process.resume()
    await _until_released(recording, topic, follower, answers)
    for each in (twice, answers, follower):
        each.stop()
    served.kill()
    maker.process.stop()
    recording.facts["answers"] = answers.of(topic, since=recording.at["engaged"])
    return recording


async def _until_released(recording: Recording, topic: str, follower: Follower, answers: Answers) -> None:
    gap = range(50, 50 + GAP)
    await until(
        lambda: follower.first_seen.get((topic, 0), {}).keys() >= set(gap),
        seconds=120,
        what="the gap is filled",
    )
    await until(lambda: answers.is_now(topic, engaged=False), seconds=120, what="it is released")
    recording.mark("released")
    seen = follower.first_seen[topic, 0]
    recording.facts |= {"seen": seen, "filled_at": max(seen[number] for number in gap)}


def _told(listener: Listener, topic: str, *, since: float = 0.0) -> list[bool | None]:
    posts = [post for post in list(listener.accepted) if post.content["topic"] == topic]
    return [post.content["engaged"] for post in posts if post.at >= since]


SCENARIOS: dict[str, Callable[[Stage], Awaitable[Recording]]] = {
    "fallback": engaged_and_released,
    **{f"written_twice_{name}": partial(written_twice, name=name) for name in VERSIONS},
}


def test_a_topic_that_stops_is_engaged_and_its_neighbour_is_not(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["fallback"].sound
    answers = recording.facts["answers"]
    engaged = next(a for a in answers.of(STOPPED, since=recording.at["stopped"]) if a.state["engaged"])
    waited = engaged.answered - recording.at["sent"]
    figure("engaged, seconds after the threshold was passed (1 s poll)", f"{waited - THRESHOLD:.1f}")
    figure(
        "told by webhook, seconds after",
        f"{recording.facts['told_at'] - recording.at['sent'] - THRESHOLD:.1f}",
    )

    assert THRESHOLD - 0.5 < waited < THRESHOLD + 3.0
    assert "over 12s on partition 1" in engaged.state["reason"]
    assert {a.state["engaged"] for a in answers.of(OTHER, since=recording.at["stopped"])} <= {False}


def test_a_change_is_told_once(recordings: dict[str, Recording]) -> None:
    recording = recordings["fallback"].sound
    listener = recording.facts["listener"]
    # Before that a mirror that starts slowly may rightly have been engaged for.
    told = _told(listener, STOPPED, since=recording.at["stopped"])

    assert [state for state, _ in groupby(told)] in ([False, True, False], [True, False])
    assert all(post.is_signed_with("s3cret") for post in listener.accepted)
    sequence = [post.content["sequence"] for post in listener.accepted]
    assert sequence == sorted(set(sequence))


def test_a_source_that_is_cut_holds_what_was_and_blinds(recordings: dict[str, Recording]) -> None:
    recording = recordings["fallback"].sound
    answers = recording.facts["answers"]
    while_cut = [
        a for a in answers.of(STOPPED, since=recording.at["cut"]) if a.answered < recording.at["restored"]
    ]

    assert {a.state["engaged"] for a in while_cut} == {True}
    assert while_cut[-1].state["blind"]
    assert "cluster_unreachable" in while_cut[-1].state["reason"]


def test_killed_while_engaged_it_never_says_anything_else(recordings: dict[str, Recording]) -> None:
    recording = recordings["fallback"].sound
    answers = recording.facts["answers"].of(STOPPED, since=recording.at["killed"])

    assert {a.state["engaged"] for a in answers if a.answered < recording.at["resuming"]} == {True}


def test_it_is_released_after_the_mirror_was_calm_for_long_enough(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["fallback"].sound
    took = recording.at["released"] - recording.at["resuming"]
    figure("released, seconds after the mirror went on", f"{took:.1f}")

    assert took >= RELEASE_AFTER


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_records_written_twice_release_nothing_while_one_of_the_gap_is_missing(
    recordings: dict[str, Recording], name: str
) -> None:
    recording = recordings[f"written_twice_{name}"].sound
    facts, filled_at = recording.facts, recording.facts["filled_at"]
    before = [a for a in facts["answers"] if a.answered < filled_at]
    doubled = sum(at < filled_at for number, at in facts["seen"].items() if number >= FIRST_WRITTEN_TWICE)

    assert {a.state["engaged"] for a in before} == {True}
    # The time would have been long enough for a release by the proxy's records, which were there.
    assert filled_at - recording.at["engaged"] > 2 * (RELEASE_AFTER + MIN_ENGAGED)
    assert filled_at - recording.at["resuming"] > 3
    assert doubled >= 20


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_with_the_gap_filled_it_is_released_while_the_proxy_is_still_writing(
    recordings: dict[str, Recording], name: str, figure: Callable[[str, object], None]
) -> None:
    recording = recordings[f"written_twice_{name}"].sound
    took = recording.at["released"] - recording.facts["filled_at"]
    figure(f"MirrorMaker {VERSIONS[name]}: released, seconds after the gap was filled", f"{took:.1f}")

    assert took < FLUSH_SECONDS + RELEASE_AFTER + 5.0
