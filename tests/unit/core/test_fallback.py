"""The fallback: engaged by any breach, released only by what was seen of everything."""

from dataclasses import replace

import pytest

from kafka_mirror_exporter.core.fallback import FallbackRules, FallbackState
from kafka_mirror_exporter.core.reading import CONFIRMED_LATELY, NOT_VERIFIABLE, UNVERIFIED
from unit.core.fallback_readings import RULES, START, Polls, Row

CALM, LATE, BETWEEN = Row(), Row(drift=121.3), Row(drift=30.0)
BLIND, DOUBTED = Row(drift=None), Row(verified=UNVERIFIED)
ENGAGED = FallbackState(engaged=True, since=START - 100.0, reason="drift 130.0s over 120s on partition 1")


def engaged_polls() -> Polls:
    """The topic orders is known to be in order, and then engaged at 10."""
    polls = Polls()
    polls.poll(CALM, CALM)
    assert polls.orders(CALM, LATE).engaged
    return polls


def test_a_measured_breach_engages_at_once_and_says_which() -> None:
    polls = Polls()
    polls.poll(CALM, CALM)
    state = polls.orders(CALM, LATE)

    assert (state.engaged, state.since) == (True, START + 10.0)
    assert state.reason == "drift 121.3s over 120s on partition 1"
    assert polls.last is not None
    assert polls.last.transitions == {"engaged": 1, "released": 0}


def test_exactly_the_threshold_is_not_past_it() -> None:
    assert not Polls().orders(Row(drift=120.0)).engaged


def test_a_breach_engages_beside_a_partition_that_nobody_can_measure() -> None:
    state = Polls().orders(BLIND, LATE)

    assert state.engaged
    assert state.blind == "partition 0 of orders is unmeasured (leader_unreachable)"


def test_a_breach_without_history_needs_a_second_poll_at_the_same_record() -> None:
    by_timestamp = Row(drift=500.0, has_history=False)
    polls = Polls()

    assert polls.orders(by_timestamp).engaged is None
    assert polls.orders(replace(by_timestamp, position=101)).engaged is None
    assert polls.orders(replace(by_timestamp, position=101)).engaged


def test_what_we_saw_wait_ourselves_is_sure_without_a_timestamp() -> None:
    assert Polls().orders(Row(drift=None, lower=121.0)).engaged


def test_it_is_released_after_every_partition_was_calm_for_long_enough() -> None:
    polls = engaged_polls()
    while polls.now < 125.0:
        assert polls.orders(CALM, BETWEEN).engaged
    while polls.now < 185.0:
        assert polls.orders(CALM, CALM).engaged
    state = polls.orders(CALM, CALM)

    assert (state.engaged, state.since) == (False, START + 190.0)
    assert polls.last is not None
    assert polls.last.transitions == {"engaged": 1, "released": 1}


def test_it_stays_engaged_for_the_least_time() -> None:
    polls = engaged_polls()
    while polls.now < 125.0:
        assert polls.orders(CALM, CALM).engaged

    assert polls.orders(CALM, CALM).engaged is False


@pytest.mark.parametrize(
    ("row", "blind"),
    [
        (BLIND, "partition 1 of orders is unmeasured (leader_unreachable)"),
        (DOUBTED, "the position of partition 1 of orders is not confirmed"),
        (Row(verified=NOT_VERIFIABLE), "the position of partition 1 of orders cannot be confirmed"),
        (Row(drift=15.0), ""),
    ],
    ids=["unmeasured", "unverified", "not verifiable", "not below the limit"],
)
def test_one_partition_holds_the_release_of_all(row: Row, blind: str) -> None:
    polls = engaged_polls()
    for _ in range(200):
        state = polls.orders(CALM, row)

    assert (state.engaged, state.blind) == (True, blind)


def test_calm_is_counted_anew_after_one_poll_that_was_not() -> None:
    polls = engaged_polls()
    for _ in range(30):
        polls.poll(BETWEEN, CALM)
    for _ in range(11):
        polls.poll(CALM, CALM)
    polls.poll(CALM, DOUBTED)
    for _ in range(12):
        assert polls.orders(CALM, CALM).engaged

    assert polls.orders(CALM, CALM).engaged is False


def test_calm_does_not_span_time_in_which_nobody_looked() -> None:
    polls = engaged_polls()
    polls.poll(CALM, CALM)

    assert polls.orders(CALM, CALM, after=1_000.0).engaged


@pytest.mark.parametrize(
    "row",
    [Row(verified=CONFIRMED_LATELY), Row(verified=NOT_VERIFIABLE, is_empty=True)],
    ids=["lately", "empty"],
)
def test_what_was_confirmed_lately_or_holds_nothing_is_calm(row: Row) -> None:
    polls = engaged_polls()
    for _ in range(25):
        polls.poll(CALM, row)

    assert polls.orders(CALM, row).engaged is False


@pytest.mark.parametrize(("threshold", "calm", "not_calm"), [(120.0, 14.9, 15.0), (20.0, 9.9, 10.0)])
def test_the_limit_of_release_is_half_the_threshold_and_at_most_15_seconds(
    threshold: float, calm: float, not_calm: float
) -> None:
    limit = FallbackRules().release_limit(threshold)

    assert calm < limit <= not_calm


def test_a_topic_that_is_no_longer_shown_stays_engaged() -> None:
    polls = engaged_polls()
    for _ in range(200):
        polls.poll(audit=CALM)
    assert polls.last is not None
    state = polls.last.states["orders"]

    assert (state.engaged, state.blind) == (True, "topic orders is not measured as a mirrored one")


def test_a_partition_that_is_no_longer_shown_holds_the_release() -> None:
    polls = engaged_polls()
    for _ in range(200):
        state = polls.orders(CALM)

    assert (state.engaged, state.blind) == (True, "only 1 of 2 partitions of orders are shown")


def test_a_topic_that_is_no_longer_selected_is_released_and_told_for_an_hour() -> None:
    polls = engaged_polls()
    polls.selected.remove("orders")
    state = polls.orders(audit=CALM)

    assert (state.engaged, state.since, state.reason) == (False, START + 15.0, "deselected")
    assert "orders" in polls.poll(audit=CALM, after=3_500.0).states
    assert "orders" not in polls.poll(audit=CALM, after=200.0).states


def test_a_topic_that_was_not_engaged_goes_without_a_word() -> None:
    polls = Polls()
    polls.poll(CALM, audit=CALM)
    polls.selected.remove("orders")

    assert set(polls.poll(CALM, audit=CALM).states) == {"audit"}


@pytest.mark.parametrize("row", [BLIND, DOUBTED, BETWEEN, Row(verified=NOT_VERIFIABLE)], ids=repr)
def test_without_a_state_nothing_is_known_until_everything_was_confirmed(row: Row) -> None:
    polls = Polls()
    for _ in range(50):
        assert polls.orders(CALM, row).engaged is None

    assert polls.orders(CALM, CALM).engaged is False


def test_what_an_earlier_life_left_is_known_and_held_while_no_cluster_answers() -> None:
    polls = Polls(remembered={"orders": ENGAGED, "audit": FallbackState(engaged=False, since=START)})
    for _ in range(100):
        states = polls.poll().states

    assert (states["orders"].engaged, states["orders"].since) == (True, START - 100.0)
    assert states["orders"].blind
    assert states["audit"].engaged is False


def test_the_least_time_counts_from_a_restart() -> None:
    polls = Polls(remembered={"orders": ENGAGED})
    while polls.now < 120.0:
        assert polls.orders(CALM).engaged

    assert polls.orders(CALM).engaged is False


@pytest.mark.parametrize("state", ["initial_sync", "awaiting_target"])
def test_a_topic_in_its_first_sync_is_neither_engaged_nor_blind(state: str) -> None:
    polls = Polls()
    for _ in range(3):
        judged = polls.orders(LATE, state=state)

    assert (judged.engaged, judged.blind) == (None, "")


def test_an_engaged_topic_whose_copy_is_gone_stays_engaged() -> None:
    polls = engaged_polls()

    assert polls.orders(CALM, CALM, state="awaiting_target").engaged


def test_one_topic_engages_and_not_the_other() -> None:
    polls = Polls()
    polls.poll(CALM, audit=CALM)
    states = polls.poll(LATE, audit=CALM).states

    assert {topic: state.engaged for topic, state in states.items()} == {"orders": True, "audit": False}


def test_by_mirror_one_topic_engages_all_and_every_topic_must_be_calm() -> None:
    polls = Polls(replace(RULES, is_by_mirror=True, min_engaged=1.0))
    polls.poll(CALM, audit=CALM)
    state = polls.poll(LATE, audit=CALM).states[""]

    assert (state.engaged, state.reason) == (True, "drift 121.3s over 120s on partition 0 of orders")
    for _ in range(50):
        assert polls.poll(CALM, audit=DOUBTED).states[""].engaged
        assert polls.poll(audit=CALM).states[""].engaged
    for _ in range(12):
        assert polls.poll(CALM, audit=CALM).states[""].engaged
    assert polls.poll(CALM, audit=CALM).states[""].engaged is False


def test_another_scope_forgets_nobody_who_is_engaged() -> None:
    polls = engaged_polls()
    polls.rules = replace(RULES, is_by_mirror=True)
    assert polls.poll(CALM, audit=CALM).states[""].engaged
    polls.rules = RULES
    assert polls.poll().states[""].engaged
    states = polls.poll(CALM, audit=CALM).states

    assert {topic: state.engaged for topic, state in states.items()} == {"orders": True, "audit": True}


def renewed(polls: Polls, *rows: Row, only: set[int]) -> FallbackState:
    """The state of orders after some of its partitions were measured again between two polls."""
    polls.now += 1.0
    reading = replace(polls.reading(*rows), renewed=frozenset(only))
    return polls._judge.judge(reading, polls.rules, selects=polls.selected.__contains__).states["orders"]


def test_a_partition_that_was_measured_again_engages_at_once() -> None:
    polls = Polls()
    polls.orders(Row(), Row(drift=119.0))

    assert renewed(polls, Row(), Row(drift=120.5), only={1}).engaged


def test_what_the_next_poll_must_confirm_is_not_confirmed_before() -> None:
    polls, unsure = Polls(), Row(drift=500.0, has_history=False)
    polls.orders(unsure, Row())

    for only in ({1}, {0}, {0, 1}):
        assert not renewed(polls, unsure, Row(), only=only).engaged
    assert polls.orders(unsure, Row()).engaged


def test_only_a_measurement_of_every_partition_brings_a_release_closer() -> None:
    polls = Polls(FallbackRules(release_after=3.0, min_engaged=0.0, longest_gap=15.0))
    polls.orders(Row(drift=130.0), Row())
    polls.orders(Row(), Row(), after=1.0)

    for _ in range(10):
        assert renewed(polls, Row(), Row(), only={0}).engaged
    polls = Polls(FallbackRules(release_after=3.0, min_engaged=0.0, longest_gap=15.0))
    polls.orders(Row(drift=130.0), Row())
    states = [renewed(polls, Row(), Row(), only={0, 1}).engaged for _ in range(4)]
    assert states == [True, True, True, False]
