"""The state file: whole at any moment, and refused when it is not ours."""

from pathlib import Path

import pytest

from kafka_mirror_exporter.core.fallback import FallbackState
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


ENGAGED = FallbackState(
    engaged=True,
    since=1_700_000_000.5,
    reason="drift 121.3s over 120s on partition 7",
    partitions={"orders": 8},
)


def test_what_is_engaged_and_the_sequence_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = opened(path)
    state.ledger("legacy", "redpanda").keep_fallback(
        {"orders": ENGAGED, "audit": FallbackState(engaged=False, since=5.0), "cards": FallbackState()}
    )
    state.save_changes()
    state.reserve_sequence(41)
    again = opened(path)
    ledger = again.ledger("legacy", "redpanda")

    assert ledger.fallback["orders"] == ENGAGED
    assert {topic: known.engaged for topic, known in ledger.fallback.items()} == {
        "orders": True,
        "audit": False,
    }
    assert [ledger.has_engaged(topic) for topic in ("orders", "audit", "cards")] == [True, False, False]
    assert again.sequence > 41


def test_the_file_is_written_for_a_change_and_for_every_thousandth_post(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = opened(path)
    ledger = state.ledger("legacy", "redpanda")
    written = 0
    for number in range(1, 2_501):
        path.unlink(missing_ok=True)
        state.reserve_sequence(number)
        ledger.keep_fallback({"orders": ENGAGED})
        state.save_changes()
        written += path.exists()

    assert written == 3


def test_a_file_of_the_first_version_is_read_and_knows_nothing_of_the_fallback(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(
        '{"format": "kafka-mirror-exporter-state", "version": 1, "mirrors": {"legacy -> redpanda":'
        ' {"losses": [], "synced_topics": ["orders"], "last_loss_at": {}}}}'
    )
    ledger = opened(path).ledger("legacy", "redpanda")

    assert (ledger.synced_topics, ledger.fallback) == ({"orders"}, {})


@pytest.mark.parametrize("entry", ['["yes", 1.0, "", {}]', '[true, null, "", {}]', "[true]", "{}"], ids=repr)
def test_a_damaged_state_is_refused_and_never_taken_for_released(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(
        '{"format": "kafka-mirror-exporter-state", "version": 2, "sequence": 1, "mirrors": {"a -> b":'
        f' {{"losses": [], "synced_topics": [], "last_loss_at": {{}}, "fallback": {{"orders": {entry}}}}}}}}}'
    )

    with pytest.raises(StateFileError, match="is damaged"):
        opened(path)
