"""The shipped rules, judged by promtool: they load, and say what they should at every step of time."""

import subprocess
from pathlib import Path

import pytest

from rig.prometheus import program

ALERTS = Path(__file__).resolve().parents[2] / "alerts"
RULES = ALERTS / "kafka-mirror-exporter.rules.yaml"
TESTS = sorted((ALERTS / "tests").glob("*.yaml"))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, check=False, cwd=ALERTS
    )


def test_the_rules_load_without_a_complaint() -> None:
    said = promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("file", TESTS, ids=[path.stem for path in TESTS])
def test_the_rules_say_what_they_should(file: Path) -> None:
    said = promtool("test", "rules", str(file))

    assert said.returncode == 0, said.stdout + said.stderr
