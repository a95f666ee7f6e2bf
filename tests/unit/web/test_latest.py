import logging

import pytest

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import Latest
from unit.exposition.hand_made import mirror_reading


def test_a_mirror_has_no_reading_before_its_first_poll_and_then_the_last_one() -> None:
    latest = Latest(now_monotonic=0.0)
    before = latest.get("legacy", "redpanda")
    first, second = mirror_reading(polls=1), mirror_reading(polls=2)

    latest.publish(first)
    taken = latest.all()
    latest.publish(second)

    assert before is None
    assert latest.get("legacy", "redpanda") is second
    assert taken == {("legacy", "redpanda"): first}


def test_the_youngest_sign_of_life_of_any_worker_counts() -> None:
    latest = Latest(now_monotonic=100.0)

    at_start = latest.seconds_without_life(now_monotonic=107.0)
    latest.mark_alive(("a", "b"), now_monotonic=110.0)
    latest.mark_alive(("c", "d"), now_monotonic=104.0)

    assert at_start == 7.0
    assert latest.seconds_without_life(now_monotonic=112.0) == 2.0


def test_a_forgotten_mirror_is_gone() -> None:
    latest = Latest(now_monotonic=100.0)
    latest.publish(mirror_reading())
    latest.mark_alive(("legacy", "redpanda"), now_monotonic=110.0)

    latest.forget(("legacy", "redpanda"))

    assert latest.all() == {}
    assert latest.seconds_without_life(now_monotonic=112.0) == 12.0


def test_followers_are_told_of_the_last_readings_and_of_every_one_after() -> None:
    latest, told = Latest(now_monotonic=100.0), list[MirrorReading]()
    first, second = mirror_reading(polls=1), mirror_reading(polls=2)

    latest.publish(first)
    latest.follow(told.append)
    latest.publish(second)

    assert told == [first, second]


def test_a_follower_that_fails_takes_neither_the_reading_nor_the_others_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    latest, told = Latest(now_monotonic=100.0), list[MirrorReading]()
    reading = mirror_reading()

    def fail(_reading: MirrorReading) -> None:
        raise ValueError("a fault of its own")

    latest.follow(fail)
    latest.follow(told.append)
    with caplog.at_level(logging.ERROR):
        latest.publish(reading)

    assert latest.get("legacy", "redpanda") is reading
    assert told == [reading]
    assert "a follower of the readings failed" in caplog.text
