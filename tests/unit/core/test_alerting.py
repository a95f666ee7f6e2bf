"""The alerts that the exporter raises by itself: when they fire, what they say, and when they end."""

import re
from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kafka_mirror_exporter.core.alerting.alert import FiringAlert
from kafka_mirror_exporter.core.alerting.humanize import humanize, humanize_duration
from kafka_mirror_exporter.core.alerting.rules import AlertRules
from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackState
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import GroupColumns, GroupSummary, StageHealth
from unit.core.alert_readings import SITE, AlertPolls
from unit.core.fallback_readings import NAN, START, Row

from rig.shipped import shipped_rules

DRIFT = "KafkaMirrorDriftHigh"
LATE, WELL, BLIND = Row(drift=20.0, lower=19.0), Row(), Row(drift=None)
# Only who watches the exporter can say these.
BY_RULES_ALONE = {"KafkaMirrorExporterDown", "KafkaMirrorWatchdog"}


def only(alerts: tuple[FiringAlert, ...], name: str) -> FiringAlert:
    (alert,) = (alert for alert in alerts if alert.labels["alertname"] == name)
    return alert


def test_a_topic_that_is_late_fires_at_once_and_is_told_by_its_worst_partition() -> None:
    polls = AlertPolls()
    alert = only(polls.poll(WELL, Row(drift=16.0, lower=16.0), Row(drift=75.5, lower=75.0)), DRIFT)

    assert alert.labels == {
        "alertname": DRIFT, "severity": "critical", "source": "legacy", "target": "redpanda", "topic": "orders",
    }  # fmt: skip
    assert alert.annotations(now=START, **SITE) == {
        "summary": "A mirrored topic is further behind than its threshold allows.",
        "description": "Topic orders of the mirror legacy -> redpanda is 1m 15s behind on partition 2,"
        " past its threshold of 15s.",
        "runbook_url": f"https://runbooks.test/{DRIFT}.md",
        "dashboard_url": "https://grafana.test/d/kafka-mirror-topic"
        "?var-source=legacy&var-target=redpanda&var-topic=orders",
    }


def test_what_a_timestamp_alone_says_must_be_seen_twice_at_the_same_record() -> None:
    polls, unsure = AlertPolls(), Row(drift=500.0, has_history=False)

    assert polls.names(unsure) == []
    assert polls.names(Row(drift=500.0, has_history=False, position=101)) == []
    assert DRIFT in polls.names(Row(drift=505.0, has_history=False, position=101))


def test_a_measurement_between_two_polls_confirms_no_timestamp_and_refutes_none() -> None:
    polls, unsure = AlertPolls(), Row(drift=500.0, has_history=False)

    assert polls.names(unsure, WELL) == []
    assert polls.names(unsure, WELL, renewed=frozenset({0}), after=1) == []
    assert DRIFT in polls.names(unsure, WELL)
    assert DRIFT in polls.names(unsure, WELL, renewed=frozenset({0}), after=1)
    assert DRIFT not in polls.names(WELL, WELL, renewed=frozenset({0}), after=1)


def test_a_breach_is_told_of_as_soon_as_it_is_measured() -> None:
    polls = AlertPolls()

    assert polls.names(Row(drift=14.0, lower=14.0)) == []
    assert DRIFT in polls.names(Row(drift=15.1, lower=15.1), renewed=frozenset({0}), after=1)


@pytest.mark.parametrize(
    "unknown",
    [
        lambda polls: polls.poll(BLIND, WELL, state="blind"),
        lambda polls: polls.poll(BLIND, BLIND, state="blind", down="source"),
        lambda polls: polls.poll(down="target", topics=()),
    ],
    ids=["a partition is blind", "a cluster is away", "the topic is hidden with it"],
)
def test_a_page_goes_on_with_its_last_value_while_nothing_is_known(
    unknown: Callable[[AlertPolls], tuple[FiringAlert, ...]],
) -> None:
    polls = AlertPolls()
    fired = only(polls.poll(LATE, WELL), DRIFT)
    held = only(unknown(polls), DRIFT)

    assert held.since == fired.since == START + 5
    assert "cannot be measured as a whole now" in polls.description(held)
    assert "partition 0 was 20s behind 5s ago" in polls.description(held)
    assert DRIFT not in polls.names(WELL, WELL)


def test_a_page_ends_with_its_topic_but_only_where_its_end_can_be_seen() -> None:
    polls = AlertPolls()
    polls.poll(LATE)

    assert polls.names(topics=(), down="source") == [DRIFT]
    assert polls.names(topics=()) == []


def test_what_was_only_pending_is_forgotten_when_it_does_not_hold() -> None:
    polls = AlertPolls()
    for _ in range(24):
        assert polls.names(BLIND, state="blind") == []
    polls.poll(WELL)
    assert polls.names(BLIND, state="blind") == []
    for _ in range(23):
        polls.poll(BLIND, state="blind")
    assert polls.names(BLIND, state="blind") == ["KafkaMirrorUnmeasured"]


def fallback(**state: Any) -> FallbackReading:
    return FallbackReading(
        is_by_mirror=False,
        states={"orders": FallbackState(**state)},
        transitions={"engaged": 0, "released": 0},
    )


def group(*, seconds: float, state: str = "on_source") -> dict[str, Any]:
    columns = GroupColumns(
        index=(("source", "billing", TopicPartition("orders", 3)),),
        committed=array("q", [5]), lag=array("q", [9]), lag_seconds=array("d", [seconds]),
        lag_lower=array("d", [seconds]), lag_upper=array("d", [seconds]),
    )  # fmt: skip
    summary = GroupSummary(group="billing", state=state, judged_side="source", members={})  # type: ignore[arg-type]
    return {"groups": (summary,), "group_columns": columns, "group_lag_threshold": 15.0}


def old_stage() -> dict[str, StageHealth]:
    return {
        "timestamps": StageHealth(
            duration_seconds=0.0, failures=9, last_success_monotonic=-100.0, last_success_at=START
        )
    }


# For each alert: how a poll is bad, how many polls until it fires, and what it says.
BAD: dict[str, tuple[tuple[Row, ...], dict[str, Any], int, str]] = {
    DRIFT: ((LATE,), {}, 1, "is 20s behind on partition 0"),
    "KafkaMirrorStalled": ((LATE,), {}, 19, "partition 0 is 20s behind, and its position has not moved"),
    "KafkaMirrorTopicNotMirrored": ((), {"state": "awaiting_target"}, 181, "no target topic for 15 minutes"),
    "KafkaMirrorUnmeasured": (
        (BLIND, WELL), {"state": "blind"}, 25,
        "has 1 partitions that are not measured; the reason of most is leader_unreachable.",
    ),
    "KafkaMirrorUnverified": ((WELL,), {"topic": {"unverified_partitions": 4}}, 181, "has 4 partitions whose"),
    "KafkaMirrorRecordsLost": (
        (WELL,), {"topic": {"last_loss_timestamp": START}, "columns": {"lost": array("q", [12_345])}}, 1,
        "lost records 5s ago (12.35k since the exporter started)",
    ),
    "KafkaMirrorRetentionRisk": (
        (LATE,), {"columns": {"headroom": array("d", [1800.0])}}, 1,
        "the source deletes the next record to be mirrored in 30m 0s.",
    ),
    "KafkaMirrorTransactionHanging": (
        (WELL,), {"columns": {"open_transaction": array("d", [61.0])}}, 1, "open for 1m 1s, on partition 0"
    ),
    "KafkaMirrorFallbackNeeded": (
        (Row(drift=130.0, lower=130.0),), {"fallback": fallback(engaged=True)}, 1,
        "2m 10s behind on partition 0, past its fallback threshold of 2m 0s.",
    ),
    "KafkaMirrorFallbackEngaged": (
        (WELL,), {"fallback": fallback(engaged=True)}, 1, "Topic orders of the mirror legacy -> redpanda is engaged"
    ),
    "KafkaMirrorFallbackBlind": (
        (WELL,), {"fallback": fallback(engaged=None, blind="no")}, 13, "is engaged or not known to be released"
    ),
    "KafkaMirrorClusterUnreachable": ((WELL,), {"down": "source"}, 7, "The source cluster of the mirror"),
    "KafkaMirrorDataStale": ((WELL,), {"stages": old_stage()}, 7, "newest good timestamps"),
    "KafkaMirrorConnectorTaskFailed": (
        (WELL,), {"connector_tasks": {("mm", "failed"): 1, ("mm", "running"): 3}}, 7,
        "1 of 4 tasks of connector mm",
    ),
    "KafkaMirrorGroupLagHigh": (
        (WELL,), group(seconds=16.5), 1, "is 16.5s behind, on the source, topic orders partition 3."
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_fires_after_its_time_and_ends_with_the_next_good_poll(name: str) -> None:
    rows, changes, count, says = BAD[name]
    polls = AlertPolls()
    for _ in range(count - 1):
        assert name not in polls.names(*rows, **changes)
    alert = only(polls.poll(*rows, **changes), name)
    assert says in polls.description(alert)

    well = (
        {"fallback": fallback(engaged=False)}
        | group(seconds=0.0)
        | {"connector_tasks": {("mm", "running"): 4}}
    )
    assert name not in polls.names(WELL, WELL, **well)


def test_a_receiver_that_accepts_nothing_for_a_minute_is_told_of() -> None:
    polls = AlertPolls()
    for count in range(26):
        said = polls.poll(WELL, notifications={("proxy", "failed"): count, ("proxy", "delivered"): 7})
    (alert,) = said
    assert polls.description(alert).startswith(
        "proxy has accepted nothing about the mirror legacy -> redpanda"
    )
    assert polls.names(WELL, notifications={("proxy", "failed"): 26, ("proxy", "delivered"): 8}) == []


def test_a_reset_is_told_for_an_hour() -> None:
    polls = AlertPolls()
    assert polls.names(WELL, columns={"resets": array("q", [1])}) == []
    (alert,) = polls.poll(WELL, columns={"resets": array("q", [3])})
    assert "within the last hour (3 since the exporter started)" in polls.description(alert)
    assert len(polls.poll(WELL, columns={"resets": array("q", [3])}, after=3_590)) == 1
    assert polls.names(WELL, columns={"resets": array("q", [3])}, after=10) == []


def test_every_alert_of_the_rules_is_raised_but_those_that_only_rules_can_raise() -> None:
    by_rules = {rule["alert"] for rule in shipped_rules() if "alert" in rule}

    assert by_rules - BY_RULES_ALONE == {*BAD, "KafkaMirrorNotificationsFailing", "KafkaMirrorPositionReset"}


def test_a_log_that_is_being_deleted_at_the_next_record_pages_once_an_hour_was_seen() -> None:
    polls, risk = AlertPolls(), "KafkaMirrorRetentionRisk"
    columns = {"source_log_start": array("q", [0])}
    assert risk not in polls.names(LATE, columns=columns)
    moved = {"source_log_start": array("q", [50]), "source_end": array("q", [1_000])}
    assert risk not in polls.names(LATE, columns=moved, after=3_500)
    alert = only(polls.poll(LATE, columns=moved, after=110), risk)
    assert polls.description(alert).endswith(
        "soon: it stands in the oldest tenth of a log that is being deleted."
    )


def test_groups_that_are_named_page_and_the_others_are_warned_of() -> None:
    polls = AlertPolls(AlertRules(critical_groups=re.compile("bill.*")))
    (alert,) = polls.poll(WELL, **group(seconds=16.0))
    assert alert.labels["severity"] == "critical"
    assert polls.names(WELL, **group(seconds=100.0, state="abandoned")) == []


def test_a_group_without_history_is_confirmed_by_the_next_poll_alone() -> None:
    polls, name = AlertPolls(), "KafkaMirrorGroupLagHigh"
    unsure = group(seconds=90.0)
    unsure["group_columns"] = replace(
        unsure["group_columns"], lag_lower=array("d", [0.0]), lag_upper=array("d", [NAN])
    )

    assert polls.names(WELL, **unsure) == []
    assert polls.names(WELL, **unsure, renewed=frozenset({0}), after=1) == []
    assert polls.names(WELL, **unsure) == [name]
    assert polls.names(WELL, **unsure, renewed=frozenset({0}), after=1) == [name]


def test_a_group_whose_wait_is_not_known_keeps_its_alert() -> None:
    polls, name = AlertPolls(), "KafkaMirrorGroupLagHigh"
    assert polls.names(WELL, **group(seconds=16.0)) == [name]
    assert polls.names(WELL, **group(seconds=NAN)) == [name]
    assert polls.names(WELL, **group(seconds=1.0)) == []


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        # As Prometheus' own tests of humanizeDuration have it.
        (0.0, "0s"), (1.0, "1s"), (60.0, "1m 0s"), (3600.0, "1h 0m 0s"), (86400.0, "1d 0h 0m 0s"),
        (86400.0 + 3600.0, "1d 1h 0m 0s"), (-(86400 * 2 + 3600 * 3 + 60 * 4 + 5), "-2d 3h 4m 5s"),
        (899.99, "14m 59s"), (0.1, "100ms"), (0.0001, "100us"), (0.12345, "123.5ms"), (60.1, "1m 0s"),
        (60.5, "1m 0s"), (1.2345, "1.234s"), (12.345, "12.35s"),
    ],
)  # fmt: skip
def test_durations_are_written_as_prometheus_does(seconds: float, written: str) -> None:
    assert humanize_duration(seconds) == written


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (1, "1"), (1234567, "1.235M"), (0.12, "120m"), (-1500, "-1.5k")]
)
def test_numbers_are_written_as_prometheus_does(number: float, written: str) -> None:
    assert humanize(number) == written
