"""A process whose wall clock is stepped by an hour, forth and back: polls go on, and drift is right."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import rig
from rig.process import free_ports
from rig.stage import Recording, Stage, until
from rig.truth import Workload

_STEPPED_CLOCK = Path(rig.__file__).parent / "stepped_clock.py"
TOPIC = "tim-a"
STEPS = ("3600", "0", "-3600")
INTERVAL_SECONDS = 2.0


async def stepped_clock(stage: Stage) -> Recording:
    """`serve` with a wall clock that is wrong by as much as a file says."""
    recording = Recording()
    stage.source_admin.create_topic(TOPIC)
    workload = Workload(stage.source.bootstrap_servers, [(TOPIC, 0)], rate=1)
    workload.send((TOPIC, 0), count=10)
    maker = stage.mirror_maker("tim")
    maker.process.start()
    await until(lambda: stage.target_end(f"tims.{TOPIC}") == 10, seconds=150, what="the records are mirrored")
    offset = stage.work_dir / "clock-offset"
    offset.write_text("0")
    exporter = _Served(stage, offset)
    stage.ends_with(exporter.end)
    await until(lambda: (exporter.row() or {}).get("lag_records") == 0, seconds=30, what="all is measured")
    maker.process.pause()
    await asyncio.sleep(1)
    workload.send((TOPIC, 0), count=5)
    recording.facts["sent"] = time.monotonic()
    await until(lambda: (exporter.row() or {}).get("lag_records") == 5, seconds=20, what="the lag is seen")
    recording.facts["steps"] = {}
    for step in STEPS:
        offset.write_text(step)
        wall, stepped = exporter.wall(), time.monotonic()
        polls = exporter.polls()
        await until(lambda polls=polls: exporter.polls() >= polls + 4, seconds=40, what=f"polls after {step}")
        took = time.monotonic() - stepped
        # Right after the step the process itself must see the other hour: else nothing was tried.
        recording.facts["steps"][step] = {
            "saw": exporter.wall() - time.time(), "before": wall, "took": took, "row": exporter.row(),
            "said_at": time.monotonic(),
        }  # fmt: skip
    exporter.end()
    maker.process.stop()
    return recording


class _Served:
    """The process, and what it says."""

    def __init__(self, stage: Stage, offset: Path) -> None:
        (port,) = free_ports(1)
        config = stage.work_dir / "clock.yaml"
        config.write_text(
            f"""
mirrors:
  - source: {{alias: tims, bootstrap_servers: "{stage.watched["source"]}"}}
    target: {{alias: timt, bootstrap_servers: "{stage.watched["target"]}"}}
    topics: {{include: ["tim-.*"]}}
poll: {{interval: {INTERVAL_SECONDS:g}s, timeout: 1900ms}}
"""
        )
        self._base = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [
                sys.executable, str(_STEPPED_CLOCK), str(offset), "serve", "--config.file", str(config),
                "--web.listen-address", f"127.0.0.1:{port}",
            ],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self._base + path, timeout=5) as answer:
            return str(answer.read().decode())

    def row(self) -> dict[str, Any] | None:
        """The partition's reading, and how old it is."""
        try:
            answer = json.loads(self._get("/api/v1/mirrors/tims/timt/partitions"))
        except OSError:
            return None
        return answer["partitions"][0] | {"age": answer["age_seconds"]} if answer["partitions"] else None

    def wall(self) -> float:
        """When it says that it measured last."""
        answer = json.loads(self._get("/api/v1/mirrors/tims/timt/partitions"))
        return float(answer["measured_at"]) + float(answer["age_seconds"])

    def polls(self) -> int:
        """How often it has polled."""
        lines = self._get("/metrics").splitlines()
        return int(
            float(next(line for line in lines if line.startswith("kafka_mirror_polls_total{")).split()[-1])
        )

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


SCENARIOS = {"stepped_clock": stepped_clock}


def test_the_process_saw_another_hour(recordings: dict[str, Recording]) -> None:
    steps = recordings["stepped_clock"].sound.facts["steps"]

    assert {step: round(steps[step]["saw"] / 600) * 600 for step in STEPS} == {
        "3600": 3600, "0": 0, "-3600": -3600,
    }  # fmt: skip


def test_polls_go_on_at_their_pace(recordings: dict[str, Recording]) -> None:
    steps = recordings["stepped_clock"].sound.facts["steps"]

    # Four polls; woken by themselves they come one and a half intervals apart.
    assert max(steps[step]["took"] for step in STEPS) < 4 * 1.5 * INTERVAL_SECONDS + 4


def test_drift_is_right_after_each_step(recordings: dict[str, Recording]) -> None:
    recording = recordings["stepped_clock"].sound

    for step, found in recording.facts["steps"].items():
        row = found["row"]
        waited = found["said_at"] - row["age"] - recording.facts["sent"]
        lower, upper = row["drift_lower_seconds"], row["drift_upper_seconds"]
        # The record's timestamp is a lie now: what remains is what polls have seen, and how far apart they were.
        assert lower - 0.5 < waited < upper + 0.5, step
        assert lower <= row["drift_seconds"] <= upper, step
        assert upper - lower < 2 * INTERVAL_SECONDS, step
        assert row["lag_records"] == 5
