"""The demo with Prometheus and Alertmanager: a fault that is pressed becomes an alert."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig.process import wait_until
from rig.prometheus import program

DEMO = [sys.executable, "-m", "kafka_mirror_exporter", "demo", "--web.listen-address", "127.0.0.1:0"]


class RunningDemo:
    """A demo with its two servers, and what it has printed."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*DEMO, "--with-prometheus"], stdout=output, stderr=subprocess.STDOUT
            )

    def address(self, name: str) -> str:
        found = re.search(rf"^{name} +(http://[\d.:]+)", self._log.read_text(), re.MULTILINE)
        return found[1] if found else ""

    def has_ended(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        return False

    def press(self, fault: str) -> None:
        control = re.search(r"'(http://[\d.:]+)/stall-all'", self._log.read_text())
        assert control is not None
        urllib.request.urlopen(f"{control[1]}/{fault}", data=b"", timeout=10).close()

    def stop(self) -> int:
        """As an operator's SIGTERM does, so that what it has started ends, too."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    program("prometheus")
    demo = RunningDemo(tmp_path / "log")
    try:
        wait_until(
            lambda: demo.has_ended() or demo.address("Alertmanager"), seconds=60, what="both addresses"
        )
        yield demo
    finally:
        demo.stop()


def answer(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as body:
        return json.load(body)


def told(manager: str) -> set[tuple[str, str]]:
    """The alerts that Alertmanager knows, by name and topic."""
    return {
        (alert["labels"]["alertname"], alert["labels"].get("topic", ""))
        for alert in answer(f"{manager}/api/v2/alerts")
    }


def is_silent(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/-/ready", timeout=2).close()
    except OSError:
        return True
    return False


def test_a_fault_that_is_pressed_becomes_an_alert(demo: RunningDemo) -> None:
    prometheus, manager = demo.address("Prometheus"), demo.address("Alertmanager")
    measured = f"{prometheus}/api/v1/query?query=topic:kafka_mirror_measured:count"
    wait_until(
        lambda: len(answer(measured)["data"]["result"]) == 4, seconds=60, what="all topics are measured"
    )

    demo.press("stall?topic=inventory")

    wait_until(
        lambda: ("KafkaMirrorDriftHigh", "inventory") in told(manager), seconds=60, what="the alert arrives"
    )
    assert ("KafkaMirrorDriftHigh", "orders") not in told(manager)
    assert demo.stop() == 0
    assert is_silent(prometheus)
    assert is_silent(manager)


def test_what_is_not_installed_is_said_in_one_sentence(tmp_path: Path) -> None:
    said = subprocess.run(
        [*DEMO, "--with-prometheus"],
        capture_output=True, text=True, check=False, timeout=60, env=os.environ | {"PATH": str(tmp_path)},
    )  # fmt: skip

    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr == (
        "--with-prometheus: needs prometheus on PATH; "
        "Debian: apt-get install prometheus prometheus-alertmanager\n"
    )
