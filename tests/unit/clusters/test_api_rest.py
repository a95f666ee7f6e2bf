import pytest

from kafka_mirror_exporter.clusters.api_rest import ApiRest
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.errors import ApiUnavailable

API = "topic configurations"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_resting(rest: ApiRest) -> bool:
    try:
        rest.check(API)
    except ApiUnavailable:
        return True
    return False


def test_one_timeout_is_forgiven(clock: Clock) -> None:
    rest = ApiRest(clock)

    rest.timed_out(API)

    assert not is_resting(rest)


def test_two_timeouts_in_a_row_while_another_api_answers_send_the_api_to_rest(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.timed_out(API)
    rest.answered("another")
    rest.timed_out(API)

    with pytest.raises(ApiUnavailable) as failure:
        rest.check(API)

    assert failure.value.reason == Reason.API_TIMEOUT


def test_timeouts_while_nothing_answers_are_the_clusters_fault(clock: Clock) -> None:
    rest = ApiRest(clock)
    for _ in range(10):
        rest.timed_out(API)

    assert not is_resting(rest)


def test_an_answer_between_two_timeouts_forgives_the_first(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.timed_out(API)
    rest.answered(API)
    rest.timed_out(API)

    assert not is_resting(rest)


def test_an_unsupported_answer_sends_the_api_to_rest_at_once(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.unsupported(API)

    with pytest.raises(ApiUnavailable) as failure:
        rest.check(API)

    assert failure.value.reason == Reason.API_UNSUPPORTED


def test_rests_last_one_then_five_then_fifteen_minutes_and_no_longer(clock: Clock) -> None:
    rest = ApiRest(clock)
    for seconds in (60, 300, 900, 900):
        rest.unsupported(API)
        clock.now += seconds - 1
        assert is_resting(rest)
        clock.now += 1
        assert not is_resting(rest)


def test_a_timeout_after_a_rest_needs_no_second_one(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.timed_out(API)
    rest.answered("another")
    rest.timed_out(API)
    clock.now = 60

    rest.answered("another")
    rest.timed_out(API)

    assert is_resting(rest)


def test_waking_ends_all_rests(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.unsupported(API)

    rest.wake()

    assert not is_resting(rest)


def test_an_api_rests_alone(clock: Clock) -> None:
    rest = ApiRest(clock)
    rest.unsupported("another")

    assert not is_resting(rest)
