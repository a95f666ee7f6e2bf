"""The committed boards are what the generator writes, and it can be told where runbooks are."""

import json
import subprocess
import sys
from pathlib import Path

from rig.boards import BOARDS, FOLDER


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "generate.py"), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_the_committed_boards_are_in_step() -> None:
    assert generate("--check").returncode == 0


def test_a_board_changed_by_hand_is_told(tmp_path: Path) -> None:
    generate("--output", str(tmp_path))
    changed = tmp_path / "kafka-mirror-topic.json"
    changed.write_text(changed.read_text().replace("Topic", "Theme", 1))

    said = generate("--check", "--output", str(tmp_path))
    assert (said.returncode, said.stdout.count("\n")) == (1, 1)
    assert "kafka-mirror-topic.json" in said.stdout


def test_runbooks_are_linked_where_they_are_served(tmp_path: Path) -> None:
    generate("--output", str(tmp_path), "--runbook-base-url", "https://wiki.example/runbooks/")

    for uid in BOARDS:
        text = (tmp_path / f"{uid}.json").read_text()
        assert "runbooks.example" not in text
        assert json.loads(text)["links"][1]["url"] == "https://wiki.example/runbooks"
