"""The page that leads a newcomer, followed to the letter beside a real (embedded) mirror."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from kafka_mirror_exporter.demo.stand import Stand

from rig.pages import ROOT, blocks
from rig.process import ServerProcess, free_ports, wait_until
from rig.prometheus import Prometheus
from rig.shell import command_lines

PAGE = ROOT / "docs" / "getting-started.md"
COMMAND = f"{Path(sys.executable).with_name('kafka-mirror-exporter')}"


@pytest.fixture(scope="module")
def places() -> Iterator[Mapping[str, str]]:
    """What the page's names stand for here: a mirror that runs, and a port that is free."""
    stand = Stand(rate=50)
    (port,) = free_ports(1)
    try:
        yield {
            "old-broker:9092": stand.source, "new-broker:9092": stand.target,
            ".venv/bin/kafka-mirror-exporter": COMMAND,
            "http://localhost:10015": f"http://127.0.0.1:{port}",
            "http://127.0.0.1:10015": f"http://127.0.0.1:{port}",
            "exporter:10015": f"127.0.0.1:{port}",
        }  # fmt: skip
    finally:
        stand.close()


def here(text: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        text = text.replace(name, place)
    return text


def lines(places: Mapping[str, str], beginning: str) -> list[str]:
    """The page's commands that begin so, for this mirror."""
    shown = [line for block in blocks(PAGE) if block.kind == "console" for line in command_lines(block.text)]
    found = [here(line, places) for line in shown if line.startswith(beginning)]
    assert found, f"the page has no {beginning}"
    return found


def block(kind: str, key: str, places: Mapping[str, str]) -> str:
    (found,) = [shown.text for shown in blocks(PAGE) if shown.kind == kind and key in shown.text]
    return here(found, places)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, places: Mapping[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("started")
    (folder / "mirror.yaml").write_text(block("yaml", "mirrors:", places))
    return folder


@pytest.fixture(scope="module")
def served(places: Mapping[str, str], folder: Path) -> Iterator[None]:
    """`serve` as the page calls it, on the port that is free."""
    (line,) = lines(places, ".venv/bin/kafka-mirror-exporter serve")
    command = [*line.replace("mirror.yaml", str(folder / "mirror.yaml")).split(), "--web.listen-address"]
    process = ServerProcess("serve", [*command, places["exporter:10015"]], log=folder / "log")
    process.start()
    (ready,) = [line for line in lines(places, "curl") if line.endswith("/-/ready")]
    try:
        wait_until(lambda: shell(f"{ready} --fail", folder).returncode == 0, seconds=30, what=ready)
        yield
    finally:
        process.stop()


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line], check=False, cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_looking_once_finds_the_mirror_in_order(places: Mapping[str, str], folder: Path) -> None:
    (line,) = lines(places, ".venv/bin/kafka-mirror-exporter check")

    looked = shell(line, folder)

    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "orders" in looked.stdout


def test_the_configuration_is_in_order(places: Mapping[str, str], folder: Path) -> None:
    (line,) = lines(places, ".venv/bin/kafka-mirror-exporter config check")

    assert shell(line, folder).stdout == "mirror.yaml: in order\n"


def _is_answered(asked: subprocess.CompletedProcess[str]) -> bool:
    return asked.returncode == 0 and asked.stdout != ""


@pytest.mark.usefixtures("served")
def test_every_question_has_an_answer(places: Mapping[str, str], folder: Path) -> None:
    for line in lines(places, "curl"):
        # Drift may rest on the second poll; until then it is absent.
        wait_until(lambda line=line: _is_answered(shell(line, folder)), seconds=30, what=line)
    (partitions,) = [line for line in lines(places, "curl") if "/partitions?limit=5" in line]
    assert len(json.loads(shell(partitions, folder).stdout)["partitions"]) == 5


@pytest.mark.usefixtures("served")
def test_prometheus_scrapes_it_and_answers_the_queries(places: Mapping[str, str], tmp_path: Path) -> None:
    config = yaml.safe_load(block("yaml", "scrape_configs:", places))
    config["rule_files"] = []
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    worst, late, blind, down = [
        expression
        for shown in blocks(PAGE)
        if shown.kind == "promql"
        for expression in shown.text.strip().split("\n\n")
    ]
    with Prometheus(tmp_path / "prometheus", config) as prometheus:
        wait_until(lambda: prometheus.query(worst), seconds=30, what="Prometheus has scraped it")

        topics = {labels["topic"] for labels, _ in prometheus.query(worst)}
        assert "orders" in topics
        wait_until(lambda: not prometheus.query(blind), seconds=30, what="everything is measured")
        assert [prometheus.query(expression) for expression in (late, down)] == [[], []]
