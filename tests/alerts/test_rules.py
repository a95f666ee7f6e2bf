"""The shipped rules, judged by promtool: they load, and say what they should at every step of time."""

import subprocess
from pathlib import Path

import pytest
import yaml

from rig.prometheus import program
from rig.shipped import ALERTS, RULES, shipped_rules

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


def asserted(name: str) -> tuple[int, int]:
    """How often the tests expect an alert to fire with all that it says, and how often to be silent."""
    fires, silent = 0, 0
    for file in TESTS:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for expected in test.get("alert_rule_test", []):
                if expected["alertname"] == name:
                    fires += bool(expected["exp_alerts"])
                    silent += not expected["exp_alerts"]
            for expected in test.get("promql_expr_test", []):
                silent += f'"{name}"' in expected["expr"] and not expected["exp_samples"]
    return fires, silent


@pytest.mark.parametrize("name", sorted({rule["alert"] for rule in shipped_rules() if "alert" in rule}))
def test_every_alert_is_seen_firing_and_silent(name: str) -> None:
    fires, silent = asserted(name)

    assert fires >= 1
    # Before and after; the watchdog is never silent.
    assert silent >= (0 if name == "KafkaMirrorWatchdog" else 2)
