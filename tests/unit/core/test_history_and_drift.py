"""Bounds from what was seen, precision from what records say."""

from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.drift import TimestampUse, drift, timestamp_use
from kafka_mirror_exporter.core.history import AppendTime, EndOffsetHistory


def history_of(*observations: tuple[float, int]) -> EndOffsetHistory:
    history = EndOffsetHistory()
    for at, end in observations:
        history.observe(end, asked_at=at, answered_at=at)
    return history


def test_an_offset_was_appended_between_the_last_end_below_and_the_first_end_beyond() -> None:
    history = history_of((0, 10), (5, 10), (10, 25), (15, 40))

    assert history.append_time(10) == AppendTime(5, 10)
    assert history.append_time(24) == AppendTime(5, 10)
    assert history.append_time(25) == AppendTime(10, 15)


def test_a_slow_answer_widens_the_bounds_on_both_sides() -> None:
    history = EndOffsetHistory()
    history.observe(10, asked_at=4.5, answered_at=5)
    history.observe(20, asked_at=9.5, answered_at=10)

    assert history.append_time(10) == AppendTime(4.5, 10)


def test_an_offset_at_the_end_was_not_appended_yet() -> None:
    assert history_of((0, 10)).append_time(10) is None


def test_a_history_that_began_beyond_the_offset_leaves_the_bound_open() -> None:
    assert history_of((3, 10)).append_time(7) == AppendTime(None, 3)


def test_an_end_that_falls_starts_the_history_over() -> None:
    history = history_of((0, 10), (5, 20))

    assert history.observe(4, asked_at=10, answered_at=10) is False
    assert history.append_time(3) == AppendTime(None, 10)


def test_a_gap_between_polls_widens_the_bounds() -> None:
    history = history_of((0, 10), (60, 11))

    assert history.append_time(10) == AppendTime(0, 60)


def test_the_rate_is_what_was_appended_over_the_time_it_took() -> None:
    # 0 to 300 offsets between t=0 and t=10
    assert history_of((0, 0), (5, 100), (10, 300)).rate(since=0) == 30.0


@given(st.lists(st.tuples(st.floats(0.1, 10), st.integers(0, 50)), min_size=1, max_size=300), st.data())
def test_thinning_never_excludes_the_true_append_time(
    steps: list[tuple[float, int]], data: st.DataObject
) -> None:
    history, at, end, truth = EndOffsetHistory(), 0.0, 0, list[tuple[float, float]]()
    for wait, growth in steps:
        truth.extend([(at, at + wait)] * growth)  # these offsets were appended between the two polls
        at, end = at + wait, end + growth
        history.observe(end, asked_at=at, answered_at=at)
    if end == 0:
        return
    offset = data.draw(st.integers(0, end - 1))

    appended = history.append_time(offset)

    assert appended is not None
    assert appended.by >= truth[offset][1] - 1e-9
    assert appended.after is None or appended.after <= truth[offset][0] + 1e-9


def test_the_timestamp_gives_the_precision_inside_the_bounds() -> None:
    waiting = drift(AppendTime(100, 105), now=120, record_age=17.25)

    assert (waiting.seconds, waiting.lower, waiting.upper) == (17.25, 15, 20)


def test_a_back_dated_timestamp_cannot_push_drift_over_its_upper_bound() -> None:
    assert drift(AppendTime(100, 105), now=120, record_age=86_400).seconds == 20


def test_a_timestamp_from_the_future_cannot_push_drift_under_its_lower_bound() -> None:
    assert drift(AppendTime(100, 105), now=120, record_age=-3_600).seconds == 15


def test_without_a_timestamp_drift_is_the_middle_of_the_bounds() -> None:
    assert drift(AppendTime(100, 105), now=120, record_age=None).seconds == 17.5


def test_without_history_and_without_a_timestamp_only_the_lower_bound_is_known() -> None:
    unknown = drift(AppendTime(None, 105), now=120, record_age=None)

    assert (unknown.seconds, unknown.lower, unknown.upper) == (None, 15, None)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.one_of(st.none(), st.floats(-1e9, 1e9)))
def test_drift_lies_within_its_bounds(
    after: float, width: float, since: float, record_age: float | None
) -> None:
    waiting = drift(AppendTime(after, after + width), now=after + width + since, record_age=record_age)

    assert waiting.seconds is not None
    assert waiting.upper is not None
    assert 0 <= waiting.lower <= waiting.seconds <= waiting.upper


def test_a_timestamp_is_read_for_what_it_could_change() -> None:
    assert timestamp_use(AppendTime(None, 10), now=10, thresholds=()) == TimestampUse.ONLY_EVIDENCE
    assert timestamp_use(AppendTime(4.9, 5.5), now=10.4, thresholds=(5.0,)) == TimestampUse.DECIDES
    assert timestamp_use(AppendTime(0, 5), now=10, thresholds=()) == TimestampUse.SHARPENS
    assert timestamp_use(AppendTime(5, 10), now=10, thresholds=(15.0,)) == TimestampUse.POLISHES
    assert timestamp_use(AppendTime(4.5, 5.4), now=10, thresholds=(15.0,)) is None
