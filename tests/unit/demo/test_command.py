"""The command: what it prints, the keys of a terminal, and how it ends."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
import urllib.request
from pathlib import Path

import pytest

import kafka_mirror_exporter

from rig.process import wait_until

_DEMO = ["-m", "kafka_mirror_exporter", "demo", "--web.listen-address", "127.0.0.1:0"]
# A session leader that opens a terminal becomes its foreground, as a shell's job is.
_IN_A_TERMINAL = """
import os, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))
from kafka_mirror_exporter.cli import main
main(["demo", "--web.listen-address", "127.0.0.1:0"])
"""


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def address(said: str, name: str) -> str:
    found = re.search(rf"{name} +(http://\S+)", said)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_to_try_and_ends_on_a_signal(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, *_DEMO],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line
            said += line
        metrics, faults = address(said, "metrics"), address(said, "faults")
        wait_until(
            lambda: "kafka_mirror_drift_seconds{" in get(metrics), seconds=30, what="a drift is measured"
        )

        assert "POST /stall?topic=orders" in get(faults)
        assert f"curl -X POST '{faults}lose?topic=orders'" in said
        process.send_signal(number)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_it_ends_by_itself_after_its_duration() -> None:
    ended = subprocess.run(
        [sys.executable, *_DEMO, "--duration", "0.5"],
        capture_output=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )

    assert ended.returncode == 0


def test_keys_press_faults_and_the_terminal_is_left_as_it_was() -> None:
    ours, theirs = pty.openpty()
    as_found = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    said = ""

    def hears(sentence: str) -> bool:
        nonlocal said
        said += os.read(ours, 4096).decode()
        return sentence in said

    try:
        wait_until(lambda: hears("q or Ctrl-C ends it."), seconds=20, what="the demo is ready")
        wait_until(
            lambda: not termios.tcgetattr(theirs)[3] & termios.ICANON,
            seconds=10,
            what="keys are read one by one",
        )
        os.write(ours, b"s")
        wait_until(lambda: hears("orders is not mirrored any more"), seconds=10, what="the key is obeyed")
        assert "stalled topics: orders;" in get(address(said, "faults"))
        os.write(ours, b"q")

        assert process.wait(10) == 0
        assert termios.tcgetattr(theirs) == as_found
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_real_clusters_need_a_checkout(tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "packages"
    package = Path(kafka_mirror_exporter.__file__).parent
    shutil.copytree(package, installed / package.name, ignore=shutil.ignore_patterns("__pycache__"))

    ended = subprocess.run(
        [sys.executable, *_DEMO, "--real"], capture_output=True, text=True, check=False, timeout=30,
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "--real: needs a checkout: the real clusters are part of its tests\n"
