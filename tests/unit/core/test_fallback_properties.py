"""What holds of the fallback whatever a mirror does, against rules written down a second time, by looking back."""

import itertools
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.fallback import FallbackRules, FallbackState
from kafka_mirror_exporter.core.reading import CONFIRMED_LATELY, NOT_VERIFIABLE, UNVERIFIED, VERIFIED
from unit.core.fallback_readings import Polls, Row

RULES = FallbackRules(release_after=10.0, min_engaged=20.0, longest_gap=15.0)
THRESHOLD, LIMIT, PARTITIONS = 120.0, 15.0, 3

ROWS = st.builds(
    Row,
    drift=st.sampled_from([None, 0.0, 3.0, 14.9, 15.0, 60.0, 120.0, 121.0, 900.0]),
    verified=st.sampled_from([VERIFIED, CONFIRMED_LATELY, UNVERIFIED, NOT_VERIFIABLE]),
    position=st.sampled_from([100, 101]),
    has_history=st.booleans(),
)
CALM_ROWS = st.builds(
    Row, drift=st.sampled_from([0.0, 14.9]), verified=st.sampled_from([VERIFIED, CONFIRMED_LATELY])
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll shows of orders, and how long after the one before; no rows: the topic is not shown."""

    rows: tuple[Row, ...]
    after: float


def polls_of(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[Poll]:
    return st.builds(
        Poll,
        rows=st.one_of(*(st.tuples(*[rows] * n) for n in (PARTITIONS, PARTITIONS, PARTITIONS, 1, 0))),
        after=st.sampled_from([5.0, 5.0, 5.0, 60.0]),
    )


# Calm polls are likelier than chance would have them, or nothing would ever be released.
HISTORIES = st.lists(
    st.one_of(polls_of(ROWS), polls_of(CALM_ROWS), polls_of(CALM_ROWS)), min_size=1, max_size=25
)
WHOLE = Poll(rows=(Row(),) * PARTITIONS, after=5.0)


def is_calm(poll: Poll, *, partitions: int = PARTITIONS) -> bool:
    return len(poll.rows) >= partitions and all(
        row.drift is not None and row.drift < LIMIT and row.verified in (VERIFIED, CONFIRMED_LATELY)
        for row in poll.rows
    )


def has_sure_breach(poll: Poll) -> bool:
    return any(row.drift is not None and row.drift > THRESHOLD and row.has_history for row in poll.rows)


def has_breach_again(before: Poll, poll: Poll) -> bool:
    return any(
        row.drift is not None and was.drift is not None and min(row.drift, was.drift) > THRESHOLD
        and row.position == was.position
        for was, row in zip(before.rows, poll.rows, strict=False)
    )  # fmt: skip


def states(history: list[Poll], *, remembered: bool = False) -> list[FallbackState]:
    known = (
        {"orders": FallbackState(engaged=True, since=1.0, partitions={"orders": PARTITIONS})}
        if remembered
        else {}
    )
    mirror = Polls(RULES, remembered=known)
    found = []
    for poll in history:
        reading = mirror.poll(*poll.rows, after=poll.after)
        found.append(reading.states.get("orders", FallbackState()))
    return found


@given(HISTORIES)
def test_a_release_follows_nothing_but_calm_polls_for_long_enough(history: list[Poll]) -> None:
    history = [WHOLE, *history]
    after = states(history)
    moments = [sum(poll.after for poll in history[: at + 1]) for at in range(len(history))]
    engaged_at = 0.0
    for at in range(1, len(history)):
        if after[at].engaged and not after[at - 1].engaged:
            engaged_at = moments[at]
        if not (after[at - 1].engaged and after[at].engaged is False):
            continue
        window = [
            p
            for p, moment in zip(history, moments, strict=True)
            if moments[at] - 10.0 <= moment <= moments[at]
        ]
        # A topic that was away and not engaged is another one when it comes back.
        partitions = 1 if any(not poll.rows for poll in history) else PARTITIONS
        assert all(is_calm(poll, partitions=partitions) for poll in window)
        assert all(poll.after <= 15.0 for poll in window[1:])
        assert moments[at] - engaged_at >= 20.0


@given(HISTORIES)
def test_whoever_was_engaged_by_an_earlier_life_is_released_by_calm_alone(history: list[Poll]) -> None:
    after = states(history, remembered=True)

    for at, state in enumerate(after):
        assert state.engaged is not None
        assert state.engaged or any(is_calm(poll) for poll in history[: at + 1])


@given(HISTORIES)
def test_a_measured_breach_engages_at_once_and_one_without_history_at_the_second_sight(
    history: list[Poll],
) -> None:
    after = states(history)

    for at, poll in enumerate(history):
        if has_sure_breach(poll) or (at > 0 and has_breach_again(history[at - 1], poll)):
            assert after[at].engaged


@given(HISTORIES)
def test_nothing_but_a_breach_engages(history: list[Poll]) -> None:
    after = [FallbackState(), *states(history)]

    for at, poll in enumerate(history):
        if after[at + 1].engaged and not after[at].engaged:
            assert has_sure_breach(poll) or (at > 0 and has_breach_again(history[at - 1], poll))


@given(HISTORIES)
def test_without_a_state_it_is_unknown_until_a_breach_or_a_calm_poll(history: list[Poll]) -> None:
    after = states(history)

    for at, state in enumerate(after):
        seen = history[: at + 1]
        if not any(has_sure_breach(p) or (p.rows and is_calm_of_what_is_shown(p)) for p in seen):
            assert state.engaged is None or any(has_breach_again(*pair) for pair in itertools.pairwise(seen))


def is_calm_of_what_is_shown(poll: Poll) -> bool:
    """A first poll that shows one partition knows of no more."""
    return is_calm(
        Poll(rows=(poll.rows * PARTITIONS)[:PARTITIONS] if len(poll.rows) == 1 else poll.rows, after=0)
    )


@given(HISTORIES)
def test_who_is_engaged_and_not_calm_for_want_of_measuring_is_blind(history: list[Poll]) -> None:
    after = states([WHOLE, *history])[1:]

    for at, (poll, state) in enumerate(zip(history, after, strict=True)):
        was_away = any(not earlier.rows for earlier in history[:at])
        is_whole = len(poll.rows) == PARTITIONS or (was_away and len(poll.rows) > 0)
        if state.engaged and not (is_whole and all(row.drift is not None for row in poll.rows)):
            assert state.blind
