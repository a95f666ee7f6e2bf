"""The rules of imports bite: a planted breach of each kind is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREACHES = {
    "the core reads a clock": ("core/drift.py", "import time"),
    "the core knows the poll": ("core/drift.py", "import kafka_mirror_exporter.poll.cycle"),
    "a second door for Kafka": ("poll/cycle.py", "import confluent_kafka"),
    "a third door for HTTP": ("latest.py", "import requests"),
    "notify asks the poll": ("notify/receiver.py", "import kafka_mirror_exporter.poll.ledger"),
    "a second door for YAML": ("web/routes.py", "import yaml"),
    "web builds the app": ("web/routes.py", "import kafka_mirror_exporter.app.exporter"),
    "a module outside the layers": ("stray.py", "import os"),
}


def is_clean(folder: Path) -> bool:
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        check=False, cwd=folder, capture_output=True, env={"PYTHONPATH": str(folder / "exporter"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return ended.returncode == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "exporter", tmp_path / "exporter", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_code_as_it_is_keeps_the_rules(checkout: Path) -> None:
    assert is_clean(checkout)


@pytest.mark.parametrize("name", sorted(BREACHES))
def test_a_planted_breach_is_found(checkout: Path, name: str) -> None:
    file, line = BREACHES[name]
    path = checkout / "exporter" / "kafka_mirror_exporter" / file
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}\n{line}\n")

    assert not is_clean(checkout)
