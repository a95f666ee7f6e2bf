"""Topics that a cluster has and hides: unmeasured with that reason, and never taken for missing."""

import re
from dataclasses import replace

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.thresholds import NameFilter
from kafka_mirror_exporter.core.views import topic_readings

from estate import SETTINGS, Estate, one

REFUSED = Unmeasured(Reason.NOT_AUTHORIZED, "not for you")
NAMED = replace(
    SETTINGS,
    topics=NameFilter(include=(re.compile(r"pay\.in"), re.compile("orders"))),
    is_default_selection=False,
)


def mirrored() -> Estate:
    estate = Estate(settings=NAMED)
    for topic in ("orders", "pay.in"):
        estate.produce(topic, 5)
        estate.copy(topic, 5)
    return estate


def test_a_topic_that_the_target_hides_is_blind_and_not_behind() -> None:
    estate = mirrored()
    estate.target.logs = {tp: log for tp, log in estate.target.logs.items() if tp.topic != "legacy.pay.in"}
    estate.target.hidden["legacy.pay.in"] = REFUSED
    reading = estate.measure()

    row = one(reading, "pay.in")
    assert (row.state, row.lag_records, row.drift_seconds, row.unmeasured) == ("blind", None, None, REFUSED)
    assert one(reading, "orders").lag_records == 0


def test_a_named_topic_that_the_source_hides_is_blind() -> None:
    estate = mirrored()
    estate.measure()
    estate.source.logs = {tp: log for tp, log in estate.source.logs.items() if tp.topic != "pay.in"}
    estate.source.hidden["pay.in"] = REFUSED
    topic = topic_readings(estate.measure())["pay.in"]

    assert (topic.state, topic.unmeasured) == ("blind", REFUSED)


def test_a_topic_that_is_nowhere_is_awaited_and_asked_for_seldom() -> None:
    estate = Estate(settings=NAMED)
    for topic in ("orders", "pay.in"):
        estate.produce(topic, 5)
    estate.copy("orders", 5)
    estate.measure()
    for _ in range(5):
        reading = estate.measure()

    assert one(reading, "pay.in").state == "awaiting_target"
    assert estate.target.asked_by_name == ["legacy.pay.in"]


def test_a_topic_that_is_shown_again_is_measured_at_once() -> None:
    estate = mirrored()
    shown, estate.target.logs = estate.target.logs, {}
    estate.target.logs.update({tp: log for tp, log in shown.items() if tp.topic != "legacy.pay.in"})
    estate.target.hidden["legacy.pay.in"] = REFUSED
    estate.measure()
    estate.target.hidden.clear()
    estate.target.logs.update(shown)

    assert one(estate.measure(), "pay.in").lag_records == 0
