"""What waits for a receiver: each thing once, changes first, in the order in which they came."""

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.notify.outbox import Key, Outbox


def key(topic: str) -> Key:
    return ("legacy", "redpanda", topic)


def taken(outbox: Outbox) -> list[str]:
    found = []
    while (next_key := outbox.take(0.0)) is not None:
        found.append(next_key[2])
    return found


def test_changes_come_before_what_is_told_once_more() -> None:
    outbox = Outbox()
    outbox.put_routine([key("a"), key("b")])
    outbox.put_changed([key("c"), key("b")])

    assert taken(outbox) == ["c", "b", "a"]


def test_a_change_that_was_still_waiting_is_superseded_and_keeps_its_place() -> None:
    outbox = Outbox()
    outbox.put_changed([key("a"), key("b")])

    assert outbox.put_changed([key("a")]) == [key("a")]
    assert taken(outbox) == ["a", "b"]


def test_nothing_is_taken_from_a_closed_one() -> None:
    outbox = Outbox()
    outbox.put_changed([key("a")])
    outbox.close()

    assert outbox.take(60.0) is None


ACTIONS = st.lists(st.tuples(st.sampled_from(["changed", "routine", "take"]), st.sampled_from("abc")))


@given(ACTIONS)
def test_everything_put_is_taken_once_and_changes_first(actions: list[tuple[str, str]]) -> None:
    outbox = Outbox()
    changed: OrderedDict[str, None] = OrderedDict()
    routine: OrderedDict[str, None] = OrderedDict()
    for action, topic in actions:
        if action == "changed":
            outbox.put_changed([key(topic)])
            routine.pop(topic, None)
            changed.setdefault(topic)
        elif action == "routine":
            outbox.put_routine([key(topic)])
            if topic not in changed:
                routine.setdefault(topic)
        else:
            lane = changed or routine
            expected = lane.popitem(last=False)[0] if lane else None
            found = outbox.take(0.0)
            assert (found[2] if found else None) == expected

    assert taken(outbox) == [*changed, *routine]
