"""One topic with a threshold of its own is late for 47 seconds, and of two exporters only one sees it."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rig.answers import Answers
from rig.process import JavaProcess, free_ports
from rig.served import ServedFallback
from rig.stage import Recording, Stage, until
from rig.truth import Workload

STRICT, OTHER = "fbo-strict", "fbo-other"
STOPPED_SECONDS, STRICT_THRESHOLD, RELEASE_AFTER = 47.0, 30.0, 4.0
RECEIVER = Path(__file__).parents[2] / "docs" / "receivers" / "receiver.py"
SHARED = "s3cret"


@dataclass(slots=True)
class ReferenceReceiver:
    """The receiver of the documentation, to which both exporters post."""

    port: int
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> "ReferenceReceiver":
        [port] = free_ports(1)
        return cls(
            port=port,
            process=subprocess.Popen(
                [sys.executable, str(RECEIVER), str(port)],
                env=os.environ | {"FALLBACK_SECRET": SHARED},
                stderr=subprocess.DEVNULL,
            ),
        )

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def engaged(self, topic: str) -> bool | None:
        """What a proxy would go by."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/fbos/fbot/{topic}")
            return json.loads(connection.getresponse().read())["engaged"]
        except OSError:  # it is only just starting
            return None
        finally:
            connection.close()


def _served(stage: Stage, instance: str, *, source: str, receiver: ReferenceReceiver) -> ServedFallback:
    folder = stage.work_dir / f"served-fbo-{instance}"
    folder.mkdir()
    served = ServedFallback(
        folder,
        stage.mirror(
            "fbo",
            source=source,
            thresholds={
                "fallback": "2m",
                "topics": [{"match": STRICT, "drift": "10s", "fallback": f"{STRICT_THRESHOLD:g}s"}],
            },
        ),
        fallback={"instance": instance, "release_after": f"{RELEASE_AFTER:g}s", "min_engaged": "6s"},
        notify={
            "webhooks": [
                {"url": f"http://127.0.0.1:{receiver.port}/fallback", "secret": {"env": "FALLBACK_SECRET"}}
            ]
        },
        environment={"FALLBACK_SECRET": SHARED},
    )
    stage.ends_with(served.kill)
    return served


async def late_for_47_seconds(stage: Stage) -> Recording:
    """Both topics stand still; one exporter lost the source before, and calls nothing engaged."""
    recording, receiver = Recording(), ReferenceReceiver.start()
    stage.ends_with(receiver.stop)
    cut_off = stage.watching_proxy("source")
    seeing = _served(stage, "kme-0", source=stage.watched["source"], receiver=receiver)
    blinded = _served(stage, "kme-1", source=f"127.0.0.1:{cut_off.port}", receiver=receiver)
    for topic in (STRICT, OTHER):
        stage.source_admin.create_topic(topic)
    workload = Workload(stage.source.bootstrap_servers, [(STRICT, 0), (OTHER, 0)], rate=4)
    maker = stage.mirror_maker("fbo")
    maker.process.start()
    workload.start()
    answers = [Answers(seeing), Answers(blinded)]
    for each in answers:
        each.served.start()
        each.start()
        stage.ends_with(each.stop)
    for each in answers:
        for topic in (STRICT, OTHER):
            await until(
                partial(each.is_now, topic, engaged=False, blind=False), seconds=150, what=f"{topic} is known"
            )
    cut_off.cut()
    await until(
        partial(answers[1].is_now, STRICT, engaged=False, blind=True), seconds=30, what="one is blind"
    )
    await _stand_still(recording, maker.process, answers[0], receiver)
    await until(partial(answers[0].is_now, STRICT, engaged=False), seconds=60, what="it is released")
    recording.mark("released")
    cut_off.restore()
    await until(
        partial(answers[1].is_now, STRICT, engaged=False, blind=False), seconds=60, what="both see again"
    )
    await until(lambda: receiver.engaged(STRICT) is False, seconds=20, what="the receiver releases")
    for each in answers:
        each.stop()
        each.served.kill()
    receiver.stop()
    workload.stop()
    maker.process.stop()
    recording.facts |= {"seeing": answers[0], "blinded": answers[1]}
    return recording


async def _stand_still(
    recording: Recording, mirror: JavaProcess, seeing: Answers, receiver: ReferenceReceiver
) -> None:
    mirror.pause()
    recording.mark("stopped")
    began = time.monotonic()
    await until(partial(seeing.is_now, STRICT, engaged=True), seconds=45, what="it is engaged")
    await until(lambda: receiver.engaged(STRICT) is True, seconds=10, what="the receiver engages")
    recording.mark("received")
    await asyncio.sleep(max(0.0, began + STOPPED_SECONDS - time.monotonic()))
    recording.facts["received_of_both"] = (receiver.engaged(STRICT), receiver.engaged(OTHER))
    mirror.resume()
    recording.mark("resumed")


SCENARIOS: dict[str, Callable[[Stage], Awaitable[Recording]]] = {"late_for_47_seconds": late_for_47_seconds}


def test_a_topic_with_a_threshold_of_its_own_is_engaged_for_itself_alone(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["late_for_47_seconds"].sound
    seeing = recording.facts["seeing"]
    stopped, resumed = recording.at["stopped"], recording.at["resumed"]
    engaged = next(a for a in seeing.of(STRICT, since=stopped) if a.state["engaged"])
    figure("47 s stop, threshold 30 s: engaged, seconds after the stop", f"{engaged.answered - stopped:.1f}")
    figure(
        "47 s stop: released, seconds after the mirror went on", f"{recording.at['released'] - resumed:.1f}"
    )

    assert resumed - stopped >= STOPPED_SECONDS
    assert "over 30s on partition 0" in engaged.state["reason"]
    # Records come four times a second, and what was on its way when the mirror stopped may still arrive.
    assert STRICT_THRESHOLD - 2.0 < engaged.answered - stopped < STRICT_THRESHOLD + 5.0
    assert {a.state["engaged"] for a in seeing.of(OTHER, since=stopped)} == {False}
    assert recording.at["released"] - resumed >= RELEASE_AFTER


def test_of_two_exporters_that_disagree_the_one_that_sees_is_followed(
    recordings: dict[str, Recording],
) -> None:
    recording = recordings["late_for_47_seconds"].sound
    said = recording.facts["blinded"].of(STRICT, since=recording.at["stopped"])

    assert {a.state["engaged"] for a in said} == {False}
    assert {a.state["blind"] for a in said if a.answered < recording.at["released"]} == {True}
    assert recording.facts["received_of_both"] == (True, False)
