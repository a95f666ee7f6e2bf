"""The generator: what may be set, what follows from it, and that forgetting it is told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from rig.prometheus import program
from rig.shipped import ALERTS, RULES, worst_case_seconds

NAME = "kafka-mirror-exporter.rules.yaml"


def generate(*arguments: str, script: Path = ALERTS / "generate.py") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False
    )


def made(folder: Path, *arguments: str) -> str:
    said = generate("--output", str(folder), *arguments)
    assert said.returncode == 0, said.stderr
    checked = subprocess.run(
        [program("promtool"), "check", "rules", str(folder / NAME)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return (folder / NAME).read_text()


def test_the_committed_files_are_what_the_source_says() -> None:
    assert generate("--check").returncode == 0


def test_a_file_that_lags_behind_is_named(tmp_path: Path) -> None:
    shutil.copytree(ALERTS, tmp_path / "alerts")
    lagging = tmp_path / "alerts" / NAME
    lagging.write_text(RULES.read_text().replace("keep_firing_for: 30s", "keep_firing_for: 40s"))

    said = generate("--check", script=tmp_path / "alerts" / "generate.py")

    assert said.returncode == 1
    assert said.stdout == f"{NAME} is not what alerts/ruleset says: make docs\n"


def test_addresses_of_a_site_are_in_every_alert(tmp_path: Path) -> None:
    text = made(
        tmp_path,
        "--runbook-base-url",
        "https://wiki.test/km/",
        "--dashboard-base-url",
        "https://grafana.test",
    )
    alerts = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]

    for alert in alerts:
        assert alert["annotations"]["runbook_url"] == f"https://wiki.test/km/{alert['alert']}.md"
        link = alert["annotations"].get("dashboard_url", "https://grafana.test/d/kafka-mirror-topic?")
        assert re.match(r"https://grafana\.test/d/kafka-mirror-(migration|topic|groups)\?", link)


def test_a_longer_poll_interval_is_given_its_time(tmp_path: Path) -> None:
    text = made(tmp_path, "--poll-interval-seconds", "20")

    assert "max by (source, target, stage) (kafka_mirror_data_age_seconds) > 60\n" in text
    assert "kafka_mirror_drift_seconds offset 60s" in text
    assert "changes(kafka_mirror_polls_total[120s])" in text
    assert "<settled>" not in text
    assert "<window>" not in text


def test_groups_that_are_critical_page(tmp_path: Path) -> None:
    text = made(tmp_path, "--critical-groups", r'pay\..*|"billing"')
    alerts = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    lag = {
        rule["labels"]["severity"]: rule["expr"]
        for rule in alerts
        if rule.get("alert") == "KafkaMirrorGroupLagHigh"
    }

    assert r'{group=~"pay\\..*|\"billing\""}' in lag["critical"]
    assert r'{group!~"pay\\..*|\"billing\""}' in lag["warning"]


def test_the_worst_case_from_breach_to_page_is_what_the_files_come_to() -> None:
    (said,) = re.findall(
        r"\*\*in all, after the threshold was passed\*\* \| \*\*(\d+) s\*\*",
        (ALERTS / "README.md").read_text(),
    )

    assert float(said) == worst_case_seconds()
    # On call within fifteen seconds of the threshold, plus a few.
    assert worst_case_seconds() < 20
