"""The whole process on embedded brokers: it engages, forgets nothing when it is killed, and releases."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_mirror_exporter.demo.stand import Stand
from unit.app.served import ServedFallback, wait_until


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand(rate=50)
    yield stand
    stand.close()


@pytest.fixture
def served(tmp_path: Path, stand: Stand) -> Iterator[ServedFallback]:
    served = ServedFallback(tmp_path, stand)
    yield served
    served.kill()


def engage(served: ServedFallback, stand: Stand) -> None:
    served.start()
    for topic in ("orders", "inventory"):
        served.answers_until(topic, engaged=False)
    stand.press("stall", topic="orders")
    served.answers_until("orders", engaged=True)


def test_killed_while_engaged_it_is_engaged_from_its_first_answer_and_released_by_measuring(
    served: ServedFallback, stand: Stand
) -> None:
    engage(served, stand)
    assert served.engaged("inventory") is False
    since = served.states()["orders"]["since"]
    served.kill()
    served.start()
    wait_until(served.states, what="the first poll")
    restored = served.states()["orders"]
    stand.press("clear")
    answers = served.answers_until("orders", engaged=False)

    assert (restored["engaged"], restored["since"]) == (True, since)
    assert re.match(r"drift \d\.\ds over 4s on partition \d", restored["reason"])
    assert set(answers[:-1]) == {True}
    assert 'transitions_total{source="legacy",target="modern",to="released"} 1' in served.ask("/metrics")[1]


def test_killed_without_a_state_file_it_says_null_and_never_released(
    served: ServedFallback, stand: Stand
) -> None:
    served.state_file = "none"
    engage(served, stand)
    served.kill()
    served.start()
    answers = served.answers_until("orders", engaged=True)

    assert set(answers) <= {None, True}


def test_a_state_that_was_torn_is_refused_and_nobody_is_told_of_a_release(
    served: ServedFallback, stand: Stand
) -> None:
    engage(served, stand)
    served.kill()
    state = served.folder / "state.json"
    state.write_text(state.read_text()[:-20])
    ended = served.start_refused()

    assert ended == 2
    assert "is damaged; move it away" in served.log.read_text()
    state.rename(served.folder / "away")
    served.start()
    assert set(served.answers_until("orders", engaged=True)) <= {None, True}


def test_a_topic_that_is_deselected_while_engaged_is_released_and_says_so(
    served: ServedFallback, stand: Stand
) -> None:
    engage(served, stand)
    served.topics = "inventory"
    served.reload()
    served.answers_until("orders", engaged=False)

    assert served.states()["orders"]["reason"] == "deselected"
