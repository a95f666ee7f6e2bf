"""The state file: whole at any moment, and refused when it is not ours."""

from pathlib import Path

import pytest

from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.errors import StateFileError
from kafka_mirror_exporter.poll.ledger import Ledger, Loss, StateFile


def opened(path: Path) -> StateFile:
    state = StateFile(path)
    state.open()
    return state


def test_losses_and_finished_syncs_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = opened(path)
    ledger = state.ledger("legacy", "redpanda")
    ledger.add({TopicPartition("orders", 3): [OffsetRange(100, 140)]}, at=1_700_000_000.5)
    ledger.end_initial_sync("orders")
    state.save_changes()

    again = opened(path).ledger("legacy", "redpanda")

    assert again.losses == [Loss(topic="orders", partition=3, start=100, end=140, at=1_700_000_000.5)]
    assert again.last_loss_at == {"orders": 1_700_000_000.5}
    assert again.synced_topics == {"orders"}
    assert opened(path).ledger("legacy", "elsewhere") == Ledger()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": "other"}', '{"format": "kafka-mirror-exporter-state", "version": 1}'],
    ids=repr,
)
def test_a_file_that_is_torn_or_foreign_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)

    with pytest.raises(StateFileError, match="move it away"):
        opened(path)
    assert path.read_text() == content


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="cannot be written"):
        opened(tmp_path / "nowhere" / "state.json")


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    opened(tmp_path / "state.json").save()

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
