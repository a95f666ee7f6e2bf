"""Groups of which one side cannot be read: what is not known is absent, and judges nobody."""

import re
from dataclasses import replace

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import GroupSummary, MirrorReading
from kafka_mirror_exporter.core.thresholds import NameFilter
from kafka_mirror_exporter.core.views import group_readings
from kafka_mirror_exporter.poll.settings import GroupChoice

from estate import SETTINGS, Estate

ORDERS, REMOTE = TopicPartition("orders", 0), TopicPartition("legacy.orders", 0)
REFUSED = Unmeasured(Reason.NOT_AUTHORIZED, "not for you")


def estate_with_group(*, members_on_target: int = 0) -> Estate:
    estate = Estate()
    estate.produce("orders", 10)
    estate.copy("orders", 10)
    estate.source.groups["billing"] = {ORDERS: 4}
    estate.target.groups["billing"] = {REMOTE: 4}
    estate.target.members["billing"] = members_on_target
    return estate


def billing(reading: MirrorReading) -> GroupSummary:
    (summary,) = reading.groups
    return summary


def sides(reading: MirrorReading) -> set[str]:
    return {row.side for row in group_readings(reading)}


def test_a_cluster_that_is_down_takes_its_commits_and_members_along_and_gives_them_back() -> None:
    estate = estate_with_group(members_on_target=2)
    estate.measure()
    before = estate.measure()
    estate.target.is_down = True
    without = estate.measure()
    estate.target.is_down = False
    after = estate.measure()

    assert (sides(before), billing(before).state) == ({"source", "target"}, "on_target")
    assert sides(without) == {"source"}
    assert (billing(without).state, "target" in billing(without).members) == ("unmeasured", False)
    assert billing(without).unmeasured is not None
    assert (sides(after), billing(after).state) == ({"source", "target"}, "on_target")


def test_a_group_whose_source_was_never_read_is_not_taken_to_live_on_the_target() -> None:
    estate = estate_with_group()
    estate.measure()
    estate.poll = None
    estate.source.refused_groups["billing"] = REFUSED
    estate.measure()
    reading = estate.measure()

    assert billing(reading).state == "unmeasured"
    assert billing(reading).unmeasured == REFUSED
    assert not any(row.is_judged for row in group_readings(reading))


def test_a_group_that_the_source_hides_is_asked_for_by_the_name_the_target_knows() -> None:
    estate = estate_with_group()
    estate.source.unlisted_groups = {"billing"}
    estate.source.refused_groups["billing"] = REFUSED
    estate.measure()

    assert billing(estate.measure()).unmeasured == REFUSED


def test_a_group_that_is_named_and_hidden_is_said_to_be_unmeasured() -> None:
    names = NameFilter(include=(re.compile("billing"), re.compile("nobody")))
    estate = replace(estate_with_group(), settings=replace(SETTINGS, groups=GroupChoice(names=names)))
    for cluster in (estate.source, estate.target):
        cluster.unlisted_groups = {"billing"}
        cluster.refused_groups["billing"] = REFUSED

    assert (billing(estate.measure()).state, billing(estate.measure()).unmeasured) == ("unmeasured", REFUSED)


def test_groups_of_a_broker_that_does_not_list_them_any_more_are_not_gone() -> None:
    estate = estate_with_group(members_on_target=1)
    estate.measure()
    estate.measure()
    estate.target.listing_failed = Unmeasured(Reason.API_TIMEOUT, "one broker is silent")
    estate.target.unlisted_groups = {"billing"}
    estate.source.unlisted_groups = {"billing"}
    estate.target.refused_groups["billing"] = Unmeasured(Reason.API_TIMEOUT, "no answer in time")
    reading = estate.measure()

    assert billing(reading).state == "unmeasured"
    assert sides(reading) == {"source"}


def test_a_group_that_was_deleted_is_gone() -> None:
    estate = estate_with_group()
    estate.measure()
    estate.source.groups.clear()
    estate.target.groups.clear()

    assert estate.measure().groups == ()
