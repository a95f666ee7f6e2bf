"""What a page must be told to show the next reading, proven by applying it to what it shows."""

from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.web.status.frames import Frame, changes

DIGITS = st.text("012345", min_size=40, max_size=40)
STATS = st.lists(st.tuples(st.integers(0, 5), st.floats(0, 9)), min_size=3, max_size=3).map(tuple)
GROUPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=4, unique_by=lambda g: g[0]
).map(tuple)
FRAMES = st.builds(Frame, topics=st.just((("orders",),)), cells=DIGITS, stats=STATS, groups=GROUPS)


def applied(before: Frame, message: dict[str, object]) -> Frame:
    """What the page makes of a message (static/heatmap.js, static/mirror.js)."""
    cells, stats, groups = list(before.cells), list(before.stats), list(message.get("groups", before.groups))  # type: ignore[call-overload]
    told = message.get("cells", [])
    if isinstance(told, str):
        cells = list(told)
    elif isinstance(told, list):
        for number, digit in zip(told[::2], told[1::2], strict=True):
            cells[number] = str(digit)
    for number, *row in message.get("stats", []):  # type: ignore[attr-defined]
        stats[number] = tuple(row)
    for number, *row in message.get("group_rows", []):  # type: ignore[attr-defined]
        groups[number] = tuple(row)
    return Frame(topics=before.topics, cells="".join(cells), stats=tuple(stats), groups=tuple(groups))


@given(before=FRAMES, after=FRAMES)
def test_a_page_that_is_told_the_changes_shows_the_next_reading(before: Frame, after: Frame) -> None:
    message = changes(before, after)

    assert message is not None
    assert applied(before, message) == after


def test_few_changed_cells_are_told_one_by_one_and_many_whole() -> None:
    def frame(cells: str) -> Frame:
        return Frame(topics=(), cells=cells, stats=(), groups=())

    assert changes(frame("1" * 40), frame("1" * 39 + "4")) == {"cells": [39, 4]}
    assert changes(frame("1" * 40), frame("4" * 40)) == {"cells": "4" * 40}
    assert changes(frame("1" * 40), frame("1" * 40)) == {}


def test_other_topics_are_no_change_but_another_page() -> None:
    one = Frame(topics=(("orders",),), cells="1", stats=(), groups=())
    two = Frame(topics=(("audit",),), cells="1", stats=(), groups=())

    assert changes(one, two) is None
