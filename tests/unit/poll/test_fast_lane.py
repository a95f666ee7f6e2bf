"""A few partitions measured again between two polls: as they are now, and nothing else with them."""

from dataclasses import replace

from kafka_mirror_exporter.core.hot import hot_partitions
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.poll.fast_lane import FastLane

from estate import Estate, one

ORDERS, AUDIT = TopicPartition("orders", 0), TopicPartition("audit", 0)


def behind() -> Estate:
    """Orders has been waiting for six seconds, audit has not."""
    estate = Estate()
    for topic in ("orders", "audit"):
        estate.produce(topic, 10)
        estate.copy(topic, 10)
    estate.measure()
    estate.produce("orders", 3)
    estate.measure(after=1)
    estate.measure(after=5)
    return estate


def again(estate: Estate, *hot: TopicPartition, after: float = 1.0) -> MirrorReading | None:
    assert estate.poll is not None
    estate.now += after
    return FastLane(estate.poll).measure(hot)


def test_what_is_hot_is_as_it_is_now_and_the_rest_is_as_the_poll_saw_it() -> None:
    estate = behind()
    estate.produce("orders", 2)
    estate.produce("audit", 4)
    reading = again(estate, ORDERS)

    assert reading is not None
    orders, audit = one(reading, "orders"), one(reading, "audit")
    assert (orders.lag_records, orders.drift_seconds) == (5, 7.0)
    assert (audit.lag_records, audit.drift_seconds) == (0, 0.0)
    assert [reading.partitions.index[row] for row in reading.renewed or ()] == [ORDERS]
    assert reading.measured_monotonic == estate.now


def test_what_was_mirrored_meanwhile_is_no_longer_waiting() -> None:
    estate = behind()
    estate.copy("orders", 3)
    reading = again(estate, ORDERS)

    assert reading is not None
    assert one(reading, "orders").drift_seconds == 0.0


def test_the_next_poll_goes_on_as_if_nothing_had_been() -> None:
    estate, other = behind(), behind()
    for _ in range(3):
        assert again(estate, ORDERS) is not None
    other.now = estate.now
    for each in (estate, other):
        each.produce("audit", 4)
    late, expected = estate.measure(after=2), other.measure(after=2)

    assert late.partitions.index == expected.partitions.index
    for column in ("position", "lag", "drift", "lost", "resets", "verified"):
        assert getattr(late.partitions, column) == getattr(expected.partitions, column)
    assert late.renewed is None


def test_pairs_that_were_read_between_two_polls_reach_the_partitions_they_belong_to() -> None:
    estate = behind()
    estate.produce("audit", 2)
    # Its first copy ever: the mirror writes a pair, which is read while only orders is looked at.
    estate.produce("cards", 5)
    estate.copy("cards", 5)
    assert again(estate, ORDERS) is not None

    assert one(estate.measure(after=1), "cards").position == 5


def test_a_loss_is_counted_once_whoever_finds_it() -> None:
    estate = behind()
    estate.source.log("orders").start = 12
    # At first they may still be on their way.
    again(estate, ORDERS)
    found = again(estate, ORDERS)
    assert found is not None

    assert one(found, "orders").lost_records == 2
    assert one(estate.measure(after=1), "orders").lost_records == 2


def test_nothing_is_said_where_a_cluster_does_not_answer() -> None:
    estate = behind()
    estate.target.is_down = True

    assert again(estate, ORDERS) is None
    estate.target.is_down = False
    assert one(estate.measure(after=3), "orders").lag_records == 3


def test_hot_is_what_is_past_a_third_of_its_threshold() -> None:
    estate = behind()
    reading = estate.measure(after=0)

    assert one(reading, "orders").drift_seconds == 6.0
    assert hot_partitions(reading, at_most=10) == (ORDERS,)
    calm = replace(reading, topics=tuple(replace(t, drift_threshold=20.0) for t in reading.topics))
    assert hot_partitions(calm, at_most=10) == ()
    unwatched = replace(reading, topics=tuple(replace(t, state="initial_sync") for t in reading.topics))
    assert hot_partitions(unwatched, at_most=10) == ()
