"""The whole process on embedded brokers: it engages, forgets nothing when it is killed, and releases."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from kafka_mirror_exporter.demo.stand import Stand
from unit.app.demo_mirror import DEMO_FALLBACK, demo_mirror

from rig.listener import Listener
from rig.process import wait_until
from rig.served import ServedFallback


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand(rate=50)
    yield stand
    stand.close()


@pytest.fixture
def served(tmp_path: Path, stand: Stand) -> Iterator[ServedFallback]:
    served = ServedFallback(tmp_path, demo_mirror(stand), fallback=DEMO_FALLBACK)
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
    wait_until(served.states, seconds=30, what="the first poll")
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
    served.mirror = demo_mirror(stand, topics=("inventory",))
    served.reload()
    served.answers_until("orders", engaged=False)

    assert served.states()["orders"]["reason"] == "deselected"


def test_a_receiver_is_told_once_of_each_change_and_after_an_outage_of_what_holds(
    served: ServedFallback, stand: Stand, figure: Callable[[str, object], None]
) -> None:
    with Listener() as listener:
        hook = {"url": listener.url, "headers": {"X-Site": "a"}, "secret": {"env": "SHARED"}}
        served.notify = {"webhooks": [hook], "external_url": "http://exporter:10015"}
        served.environment = {"SHARED": "s3cret"}
        served.start()
        served.answers_until("orders", engaged=False)
        wait_until(
            lambda: told(listener, "orders")[-1:] == [False], seconds=30, what="told that it is not engaged"
        )
        stalled = time.monotonic()
        stand.press("stall", topic="orders")
        wait_until(
            lambda: told(listener, "orders")[-1:] == [True], seconds=30, what="told that it is engaged"
        )
        figure("breach to webhook, at a poll a second", f"{listener.accepted[-1].at - stalled - 4.0:.1f} s")
        listener.go_away()
        stand.press("clear")
        served.answers_until("orders", engaged=False)
        wait_until(
            lambda: 'outcome="failed"} 0' not in served.ask("/metrics")[1], seconds=30, what="a post failed"
        )
        listener.come_back()
        wait_until(
            lambda: told(listener, "orders")[-1:] == [False], seconds=30, what="told that it is released"
        )
        before = listener.accepted[-1].content
        served.kill()
        served.start()
        wait_until(lambda: later(listener, before), seconds=30, what="told again")

    posts = listener.of("orders")
    assert changes([post["engaged"] for post in posts])[-3:] == [False, True, False]
    assert [post["sequence"] for post in posts] == sorted({post["sequence"] for post in posts})
    assert all(post.is_signed_with("s3cret") and post.headers["x-site"] == "a" for post in listener.accepted)
    assert (before["instance"], before["source"], before["target"]) == ("kme-0", "legacy", "modern")
    assert (before["target_topic"], before["external_url"]) == ("legacy.orders", "http://exporter:10015")
    assert before["valid_until"] == before["generated_at"] + 90.0


def told(listener: Listener, topic: str) -> list[bool | None]:
    return [content["engaged"] for content in listener.of(topic)]


def later(listener: Listener, content: dict[str, Any]) -> bool:
    return listener.of("orders")[-1]["sequence"] > content["sequence"]


def changes(states: list[bool | None]) -> list[bool | None]:
    """Without what was told twice in a row."""
    return [state for state, _ in groupby(states)]
