"""Records that a dual-write proxy marks as its own are nobody's tail, and engaged topics are compared at once."""

import pytest

from kafka_mirror_exporter.core.reading import CONFIRMED_LATELY, VERIFIED
from unit.poll.test_positions import Mirror, flowing

MARK = (("written-by", b"proxy"),)


def watched(*, is_engaged: bool = True) -> Mirror:
    """500 records, all mirrored, a proxy that is engaged, and a header that marks its own records."""
    mirror = flowing()
    mirror.poll.verifier.marker_header = "written-by"
    mirror.poll.verifier.is_engaged = lambda _: is_engaged
    mirror.measure()
    return mirror


def write_twice(mirror: Mirror, count: int) -> None:
    """The proxy writes the same records to both clusters, marked on the target."""
    for _ in range(count):
        value, timestamp = b"%d" % mirror.source_log.end, int(mirror.now * 1000)
        mirror.source_log.append(value, timestamp_ms=timestamp)
        mirror.target_log.append(value, timestamp_ms=timestamp, headers=MARK)


@pytest.mark.parametrize("count", [1, 10, 200], ids=lambda n: f"{n} records")
def test_a_mirror_that_stands_is_not_moved_by_marked_records(count: int) -> None:
    mirror = watched()
    mirror.produce(50)
    mirror.measure()
    for _ in range(5):
        write_twice(mirror, count)
        position = mirror.measure()

    assert position.offset == 500
    assert mirror.poll.verifier.marker_tails == set()


def test_the_gap_counts_as_filled_when_the_mirror_has_filled_it() -> None:
    mirror = watched()
    mirror.produce(50)
    write_twice(mirror, 20)
    mirror.measure()
    mirror.copy(49)
    short = mirror.measure()
    mirror.copy(21)
    whole = mirror.measure()

    assert short.offset == 549
    assert (whole.offset, whole.verified) == (570, VERIFIED)


def test_marked_records_after_all_was_mirrored_leave_the_position_verified() -> None:
    mirror = watched()
    for number in range(30):
        mirror.target_log.append(b"of its own %d" % number, timestamp_ms=int(mirror.now * 1000), headers=MARK)
        position = mirror.measure()

    assert (position.offset, position.verified) == (500, VERIFIED)


def test_without_any_pair_the_last_record_of_the_mirror_is_found_before_marked_ones() -> None:
    mirror = Mirror()
    mirror.poll.verifier.marker_header = "written-by"
    mirror.produce(40)
    mirror.copy(30)
    write_twice(mirror, 5)
    position = mirror.measure()

    assert position.offset == 30


def test_what_is_engaged_is_compared_at_every_step() -> None:
    """Else the proxy's records could bend the line for as long as the last comparison is believed."""
    verified = {}
    for is_engaged in (True, False):
        mirror = watched(is_engaged=is_engaged)
        mirror.produce(10)
        mirror.copy(10)
        verified[is_engaged] = mirror.measure().verified

    assert verified == {True: VERIFIED, False: CONFIRMED_LATELY}


def test_identical_unmarked_records_never_count_as_the_gap_while_engaged() -> None:
    mirror = watched()
    mirror.produce(50)
    for _ in range(20):
        value, timestamp = b"%d" % mirror.source_log.end, int(mirror.now * 1000)
        mirror.source_log.append(value, timestamp_ms=timestamp)
        mirror.target_log.append(value, timestamp_ms=timestamp)
    mirror.measure()
    mirror.copy(49)

    assert mirror.measure().offset == 549
