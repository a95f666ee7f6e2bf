"""The runbooks: one for every alert, and whatever they name exists."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml

from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.reading import STAGES, GroupState
from kafka_mirror_exporter.core.views import PartitionReading
from kafka_mirror_exporter.metrics import METRICS
from kafka_mirror_exporter.web.openapi import openapi_document

from rig.shipped import ALERTS, shipped_rules

PAGES = sorted((ALERTS / "runbooks").glob("KafkaMirror*.md"))
NAMES = {rule["alert"] for rule in shipped_rules() if "alert" in rule}
RECEIVERS = {r["name"] for r in yaml.safe_load((ALERTS / "alertmanager.yaml").read_text())["receivers"]}
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert {page.stem for page in PAGES} == NAMES


def test_every_alert_leads_to_its_page() -> None:
    for rule in shipped_rules():
        if "alert" in rule:
            assert rule["annotations"]["runbook_url"].endswith(f"/{rule['alert']}.md")


@each_page
def test_the_first_line_says_what_to_do_in_the_first_minute(page: Path) -> None:
    title, _, first, *_ = page.read_text().splitlines()

    assert title == f"# {page.stem}"
    assert first.startswith("**First minute:** ")


@each_page
def test_a_page_has_its_four_parts(page: Path) -> None:
    parts = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)

    assert parts == ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def named_metrics(text: str) -> set[str]:
    """Whole names, and those that a pattern such as `kafka_mirror_(a|b)` stands for."""
    plain = set(re.findall(r"\bkafka_mirror_\w+", re.sub(r"kafka_mirror_\w*\([^)]*\)", "", text)))
    for begin, alternatives in re.findall(r"(kafka_mirror_\w*)\(([^)]*)\)", text):
        plain |= {f"{begin}{name}" for name in alternatives.split("|")}
    return plain


@each_page
def test_every_metric_that_a_page_names_is_exported(page: Path) -> None:
    assert named_metrics(page.read_text()) <= {spec.name for spec in METRICS}


@each_page
def test_every_alert_that_a_page_names_exists(page: Path) -> None:
    assert set(re.findall(r"\bKafkaMirror\w+", page.read_text())) <= NAMES


def own_commands(text: str) -> Iterator[list[str]]:
    """The words of every call of our own command."""
    for line in re.findall(r"kafka-mirror-exporter ([a-z][^`\n]*)", text):
        yield line.split()


@each_page
def test_every_command_of_ours_that_a_page_names_exists(page: Path) -> None:
    for words in own_commands(page.read_text()):
        command: click.Command = importlib.import_module(f"kafka_mirror_exporter.cli.{words.pop(0)}").command
        if isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


def asked_paths(text: str) -> Iterator[tuple[str, set[str]]]:
    """Every path of the exporter's that a page asks, and the names of its parameters."""
    for path, query in re.findall(r"\$EXPORTER(/[^\s\"`?)]*)\??([^\s\"`)]*)", text):
        yield path, {part.partition("=")[0] for part in query.split("&") if part}


@each_page
def test_every_path_that_a_page_asks_exists(page: Path) -> None:
    paths = openapi_document()["paths"]
    for path, parameters in asked_paths(page.read_text()):
        described = paths[path.replace("$SOURCE", "{source}").replace("$TARGET", "{target}")]["get"]
        assert parameters <= {parameter["name"] for parameter in described.get("parameters", ())}


def test_the_pages_ask_the_exporter_at_all() -> None:
    asked = [path for page in PAGES for path, _ in asked_paths(page.read_text())]
    called = [words for page in PAGES for words in own_commands(page.read_text())]

    assert len(asked) >= 20
    assert len(called) > 5


def test_every_reason_for_not_measuring_has_its_advice() -> None:
    page = (ALERTS / "runbooks" / "KafkaMirrorUnmeasured.md").read_text()
    advised = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))))

    # A cluster that is away has a page of its own.
    assert advised == {reason.value for reason in Reason} - {"cluster_unreachable"}


def test_what_pages_say_of_answers_is_in_the_answers() -> None:
    text = "".join(page.read_text() for page in PAGES)
    columns = set(re.findall(r"`((?:source|target)_\w+|is_\w+|lag_records|drift_seconds|position)`", text))

    assert columns - {reason.value for reason in Reason} <= set(PartitionReading.__dataclass_fields__)
    assert {"metadata", "watermarks", "positions", "timestamps", "groups"} == set(STAGES)
    assert set(re.findall(r"`(on_\w+)`", text)) <= set(get_args(GroupState))
    assert "`heartbeat`" in text
    assert "heartbeat" in RECEIVERS


def test_a_generator_call_that_a_page_shows_is_understood() -> None:
    source = (ALERTS / "generate.py").read_text()
    shown = {
        option
        for page in PAGES
        for call in re.findall(r"alerts/generate\.py ([^`\n]*)", page.read_text())
        for option in re.findall(r"--[\w-]+", call)
    }

    assert shown
    for option in shown:
        assert f'"{option}"' in source
