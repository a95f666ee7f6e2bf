"""A receiver that was away, is slow or refuses is told what holds as soon as it accepts, and holds up nobody."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from kafka_mirror_exporter.notify import Key, Pace, Receiver, Sequence, Webhook

from rig.listener import Listener
from rig.process import wait_until as wait_for

PACE = Pace(first_retry_seconds=0.02, longest_retry_seconds=0.2, repeat_seconds=60.0)
SHARED = "s3cret"


def wait_until(condition: Callable[[], object]) -> None:
    wait_for(condition, seconds=20, what="it was told")


def key(topic: str) -> Key:
    return ("legacy", "redpanda", topic)


@dataclass(slots=True)
class Told:
    """A receiver of the states in the test's hands."""

    listener: Listener
    pace: Pace = PACE
    states: dict[str, int] = field(default_factory=dict)
    receiver: Receiver | None = None

    def start(self) -> Receiver:
        sequence = Sequence(kept=0, wall=0.0, reserve=lambda _: None)

        def describe(key: Key) -> Mapping[str, object] | None:
            topic = key[2]
            if topic not in self.states:
                return None
            return {"sequence": sequence.next(), "topic": topic, "state": self.states[topic]}

        self.receiver = Receiver(
            "proxy",
            Webhook(self.listener.url, headers={}, secret=lambda: SHARED, timeout_seconds=0.3).post,
            describe=describe,
            everything=lambda: [key(topic) for topic in self.states],
            pace=self.pace,
        )
        self.receiver.start()
        return self.receiver

    def change(self, **states: int) -> None:
        assert self.receiver is not None
        self.states |= states
        self.receiver.offer([key(topic) for topic in states])

    def count(self, outcome: str) -> int:
        assert self.receiver is not None
        return self.receiver.count("legacy", "redpanda", outcome)


@pytest.fixture
def told() -> Iterator[Told]:
    with Listener() as listener:
        told = Told(listener)
        told.start()
        yield told
        assert told.receiver is not None
        told.receiver.close()


def states(listener: Listener, topic: str) -> list[int]:
    return [content["state"] for content in listener.of(topic)]


def test_changes_are_told_in_order_with_rising_numbers(told: Told) -> None:
    for state in range(20):
        told.change(orders=state, audit=state)
        wait_until(lambda state=state: states(told.listener, "audit")[-1:] == [state])

    assert states(told.listener, "orders") == list(range(20))
    sequence = [post.content["sequence"] for post in told.listener.accepted]
    assert sequence == sorted(set(sequence))
    assert all(post.is_signed_with(SHARED) for post in told.listener.accepted)


def test_after_an_outage_the_newest_state_is_told_and_never_an_older_one(told: Told) -> None:
    told.change(orders=1, audit=1)
    wait_until(lambda: len(told.listener.accepted) == 2)
    told.listener.go_away()
    for state in (2, 3, 4):
        told.change(orders=state)
    told.change(audit=2)
    wait_until(lambda: told.count("failed") >= 6)
    told.listener.come_back()
    wait_until(lambda: told.count("delivered") == 4)

    assert (states(told.listener, "orders"), states(told.listener, "audit")) == ([1, 4], [1, 2])
    assert told.count("superseded") >= 2


@pytest.mark.parametrize("status", [500, 403])
def test_who_refuses_is_told_again_until_it_accepts(told: Told, status: int) -> None:
    told.listener.status = status
    told.change(orders=1)
    wait_until(lambda: len(told.listener.refused) >= 4)
    told.listener.status = 204
    wait_until(lambda: told.count("delivered") == 1)

    assert states(told.listener, "orders") == [1]


def test_who_hangs_holds_up_nobody_who_offers(told: Told) -> None:
    told.listener.is_answering.clear()
    told.change(orders=0)
    began = time.monotonic()
    for state in range(1, 1_001):
        told.change(orders=state)
    offered = time.monotonic() - began
    wait_until(lambda: told.count("failed") >= 2)
    told.listener.is_answering.set()
    wait_until(lambda: told.count("delivered") >= 1)

    assert offered < 0.2
    wait_until(lambda: states(told.listener, "orders")[-1] == 1_000)


def test_one_topic_that_is_refused_does_not_keep_the_others_waiting() -> None:
    with Listener() as listener:
        told = Told(listener)
        receiver = told.start()
        listener.status = 500
        told.change(orders=1, audit=1)
        wait_until(lambda: {post.content["topic"] for post in listener.refused} == {"orders", "audit"})
        receiver.close()


def test_everything_is_told_once_more_from_time_to_time() -> None:
    with Listener() as listener:
        told = Told(listener, pace=Pace(repeat_seconds=0.1), states={"orders": 1, "audit": 2})
        receiver = told.start()
        wait_until(lambda: len(states(listener, "orders")) >= 3 and len(states(listener, "audit")) >= 3)
        receiver.close()

    assert set(states(listener, "orders")) == {1}


def test_a_topic_that_is_gone_is_not_told(told: Told) -> None:
    assert told.receiver is not None
    told.receiver.offer([key("gone")])
    told.change(orders=1)
    wait_until(lambda: told.count("delivered") == 1)

    assert told.count("failed") == 0


def test_an_outage_is_logged_once(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told.listener.status = 500
    told.change(orders=1)
    wait_until(lambda: told.count("failed") >= 4)
    told.listener.status = 204
    wait_until(lambda: told.count("delivered") == 1)

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.messages[0] == "proxy was not told, and is told again until it accepts: it answered 500"
    assert SHARED not in caplog.text


def test_retries_come_less_and_less_often_and_not_all_at_the_same_moment() -> None:
    pace = Pace(first_retry_seconds=0.5, longest_retry_seconds=10.0)

    assert [pace.retry_after(n, chance=1.0) for n in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert pace.retry_after(10_000, chance=0.0) == 5.0


def test_numbers_rise_over_a_restart_with_and_without_what_was_kept() -> None:
    reserved: list[int] = []
    first = Sequence(kept=0, wall=1_000.0, reserve=reserved.append)
    numbers = [first.next(), first.next()]

    assert numbers == reserved == [1_000_001, 1_000_002]
    assert Sequence(kept=0, wall=1_001.0, reserve=reserved.append).next() > numbers[-1]
    assert Sequence(kept=1_001_002, wall=10.0, reserve=reserved.append).next() == 1_001_003
