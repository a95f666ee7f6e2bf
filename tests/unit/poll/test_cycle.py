"""A whole poll, from two clusters in memory to one reading."""

from dataclasses import replace

from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.views import (
    group_readings,
    partition_readings,
    topic_readings,
)

from estate import SETTINGS, Estate, one
from fake_cluster import FakeLog


def caught_up() -> Estate:
    estate = Estate()
    estate.produce("orders", 10)
    estate.copy("orders", 10)
    estate.measure()
    return estate


def test_a_mirror_that_has_copied_everything_is_caught_up() -> None:
    orders = one(caught_up().measure(), "orders")

    assert (orders.position, orders.lag_records, orders.drift_seconds) == (10, 0, 0.0)
    assert (orders.origin, orders.is_verified, orders.target_topic) == ("offset_sync", True, "legacy.orders")


def test_drift_is_how_long_the_first_unmirrored_record_has_been_waiting() -> None:
    estate = caught_up()
    estate.now += 2
    estate.produce("orders", 4)  # two seconds after the poll
    estate.measure(after=3)

    late = one(estate.measure(after=5), "orders")

    assert (late.lag_records, late.drift_seconds) == (4, 8.0)
    assert (late.drift_lower_seconds, late.drift_upper_seconds) == (5.0, 10.0)


def test_a_topic_that_nobody_named_and_nobody_mirrors_is_counted_and_has_no_lag() -> None:
    estate = caught_up()
    estate.produce("audit", 10)
    reading = estate.measure()

    assert topic_readings(reading)["audit"].state == "not_selected"
    assert [r.topic for r in partition_readings(reading)] == ["orders"]


def test_a_topic_whose_copy_goes_away_is_awaited_though_nobody_named_it() -> None:
    estate = caught_up()
    estate.target.logs.pop(TopicPartition("legacy.orders", 0))
    estate.produce("orders", 2)
    reading = estate.measure()

    assert topic_readings(reading)["orders"].state == "awaiting_target"
    # The mirror goes on where it was: the ten records that it has sent are not sent again.
    assert one(reading, "orders").lag_records == 2


def test_names_that_fit_two_policies_leave_every_topic_blind_and_say_why() -> None:
    estate = caught_up()
    estate.poll = None
    estate.target.log("other.orders")
    reading = estate.measure()

    topic = topic_readings(reading)["orders"]
    assert topic.state == "blind"
    assert topic.unmeasured is not None
    assert topic.unmeasured.reason == Reason.POLICY_AMBIGUOUS
    row = one(reading, "orders")
    assert (row.lag_records, row.unmeasured) == (None, topic.unmeasured)


def test_a_named_topic_without_a_target_topic_is_behind_from_its_beginning() -> None:
    estate = caught_up()
    estate.settings = replace(SETTINGS, is_default_selection=False)
    estate.poll = None
    estate.produce("audit", 10)
    estate.measure()
    reading = estate.measure()

    audit = one(reading, "audit")
    assert topic_readings(reading)["audit"].state == "awaiting_target"
    assert (audit.position, audit.origin, audit.lag_records, audit.drift_seconds) == (
        0,
        "not_mirrored_yet",
        10,
        10.0,
    )


def test_a_target_that_is_down_takes_positions_along_and_gives_them_back_exactly() -> None:
    estate = caught_up()
    estate.produce("orders", 3)
    estate.target.is_down = True
    down = estate.measure()
    estate.target.is_down = False
    up = one(estate.measure(), "orders")

    assert not down.sides["target"].up
    assert down.sides["source"].up
    lost = one(down, "orders")
    assert lost.position is None
    assert lost.unmeasured is not None
    assert lost.unmeasured.reason == Reason.CLUSTER_UNREACHABLE
    assert topic_readings(down)["orders"].state == "blind"
    assert (up.lag_records, up.drift_seconds) == (3, 10.0)


def test_a_residue_without_data_is_no_lag_and_does_not_age_what_comes_after_it() -> None:
    estate = caught_up()
    estate.source.log("orders").append_marker()
    estate.measure()
    estate.measure()
    resting = one(estate.measure(after=3_600), "orders")
    estate.produce("orders", 1)
    fresh = one(estate.measure(), "orders")

    assert (resting.lag_records, resting.drift_seconds) == (0, 0.0)
    assert fresh.drift_seconds == 5.0


def test_a_group_on_the_target_is_judged_there_once_it_has_members() -> None:
    estate = caught_up()
    estate.source.groups["billing"] = {TopicPartition("orders", 0): 4}
    estate.target.groups["billing"] = {TopicPartition("legacy.orders", 0): 7}
    estate.target.members["billing"] = 2
    estate.measure()
    reading = estate.measure()

    rows = {row.side: row for row in group_readings(reading)}
    assert reading.groups[0].state == "on_target"
    assert (rows["target"].lag_records, rows["target"].is_judged) == (3, True)
    assert (rows["source"].lag_records, rows["source"].is_judged) == (6, False)
    assert rows["target"].topic == "orders"


def test_commits_that_the_mirror_copied_do_not_make_a_group_live_on_the_target() -> None:
    estate = caught_up()
    estate.source.groups["billing"] = {TopicPartition("orders", 0): 4}
    estate.target.groups["billing"] = {TopicPartition("legacy.orders", 0): 4}
    estate.measure()
    estate.produce("orders", 5)
    estate.copy("orders", 5)
    reading = estate.measure()

    assert reading.groups[0].state == "on_source"


def test_a_source_topic_made_anew_is_measured_at_once_by_what_is_seen_of_the_new_one() -> None:
    estate = caught_up()
    estate.measure()
    estate.source.logs[TopicPartition("orders", 0)] = FakeLog()
    estate.copied.clear()
    estate.produce("orders", 3)
    reset = one(estate.measure(), "orders")
    estate.now += 90
    waiting = one(estate.measure(), "orders")

    assert (reset.lag_records, reset.position_resets) == (3, 1)
    # Appended right before the poll that found them; their timestamps say the same.
    assert waiting.drift_seconds == 100.0


def test_a_deleted_topic_is_gone_at_the_next_poll() -> None:
    estate = caught_up()
    estate.source.logs.pop(TopicPartition("orders", 0))
    reading = estate.measure()

    assert list(partition_readings(reading)) == []
    assert reading.topics == ()


def test_a_declared_initial_sync_ends_when_the_topic_has_caught_up_once() -> None:
    estate = Estate(settings=replace(SETTINGS, is_initial_sync=True))
    estate.produce("orders", 10)
    estate.copy("orders", 1)
    estate.measure(after=60)
    far = estate.measure()
    estate.copy("orders", 9)
    near = estate.measure()
    estate.produce("orders", 10)
    estate.measure()
    again = estate.measure(after=60)

    states = [topic_readings(reading)["orders"].state for reading in (far, near, again)]
    assert states == ["initial_sync", "mirroring", "mirroring"]


def test_without_offset_syncs_the_tail_tells() -> None:
    estate = Estate(settings=replace(SETTINGS, tool="any"))
    estate.produce("orders", 20)
    estate.copy("orders", 15)

    orders = one(estate.measure(), "orders")

    assert (orders.position, orders.origin, orders.lag_records) == (15, "tail_match", 5)


def test_a_mirror_that_is_a_consumer_group_is_where_it_has_committed() -> None:
    estate = Estate(settings=replace(SETTINGS, tool="consumer_group", consumer_group=("source", "my-mirror")))
    estate.produce("orders", 20)
    estate.copy("orders", 15)
    estate.source.groups["my-mirror"] = {TopicPartition("orders", 0): 13}

    orders = one(estate.measure(), "orders")

    assert (orders.position, orders.origin, orders.lag_records) == (13, "consumer_group", 7)


def test_an_offset_preserving_mirror_is_at_the_end_of_the_target() -> None:
    estate = Estate(settings=replace(SETTINGS, tool="offset_preserving"))
    estate.produce("orders", 20)
    for record in estate.source.log("orders").entries[:12]:
        assert record is not None
        estate.target.log("orders").append(record.value or b"", timestamp_ms=record.timestamp_ms)

    orders = one(estate.measure(), "orders")

    assert (orders.position, orders.origin, orders.lag_records) == (12, "offset_preserving", 8)


def test_a_wall_clock_that_is_stepped_by_an_hour_leaves_drift_within_what_was_seen() -> None:
    estate = caught_up()
    estate.produce("orders", 4)
    estate.measure()
    steps = []
    for step in (3_600.0, -3_600.0):
        estate.wall_step = step
        steps.append(one(estate.measure(), "orders"))

    # Produced 10 s and 15 s ago, and first seen 5 s after that.
    assert [(row.drift_lower_seconds, row.drift_upper_seconds) for row in steps] == [
        (5.0, 10.0),
        (10.0, 15.0),
    ]
    assert all(5 <= (row.drift_seconds or 0) <= 15 for row in steps)


def test_records_of_the_mirror_that_make_no_sense_are_counted_and_the_rest_is_read() -> None:
    estate = caught_up()
    syncs = estate.source.log("mm2-offset-syncs.redpanda.internal")
    syncs.append(b"nonsense", timestamp_ms=0, key=b"x")
    estate.produce("other", 3)
    estate.copy("other", 3)
    reading = estate.measure()

    assert reading.undecodable_records == 1
    assert one(reading, "other").origin == "offset_sync"


def test_beyond_the_limit_of_series_groups_are_reported_by_topic() -> None:
    estate = Estate(settings=replace(SETTINGS, max_series=30))
    estate.produce("orders", 10)
    estate.produce("orders", 10, partition=1)
    for partition in (0, 1):
        estate.copy("orders", 10, partition=partition)
    estate.source.groups["billing"] = {TopicPartition("orders", partition): 4 for partition in (0, 1)}
    estate.measure()
    reading = estate.measure()

    assert reading.series_limited
    assert [(row.topic, row.partition, row.lag_records) for row in group_readings(reading)] == [
        ("orders", None, 12)
    ]


def test_at_start_the_partitions_that_wait_longest_are_dated_first() -> None:
    estate = Estate(settings=replace(SETTINGS, tool="consumer_group", consumer_group=("source", "mirror")))
    committed = {}
    for partition in range(60):
        if partition == 30:
            estate.now += 600
        estate.produce("orders", 2, partition=partition)
        estate.copy("orders", 1, partition=partition)
        committed[TopicPartition("orders", partition)] = 1
    estate.source.groups["mirror"] = committed
    estate.measure(after=1)
    assert estate.poll is not None
    fetched = estate.source.fetched_partitions

    assert {tp.partition for tp in fetched[:30]} == set(range(30))
