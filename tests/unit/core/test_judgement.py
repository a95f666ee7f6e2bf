"""Severities, events and the verdict of a mirror, from readings whose truth is written beside them."""

from array import array
from dataclasses import replace
from typing import Any

import pytest

from kafka_mirror_exporter.core.events import Event, events_between
from kafka_mirror_exporter.core.health import Health, mirror_health
from kafka_mirror_exporter.core.judgement import MirrorJudgement, Severity, judge, judge_groups
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading, PartitionColumns, TopicReading
from unit.exposition.hand_made import group_columns, mirror_reading, side_health

NAN = float("nan")
ORDERS = TopicReading(
    topic="orders",
    target_topic="legacy.orders",
    state="mirroring",
    drift_threshold=15.0,
    fallback_threshold=120.0,
)


def reading(*drifts: float, topic: TopicReading = ORDERS, **changes: Any) -> MirrorReading:
    """Of one topic, a drift for each partition; NaN is unmeasured."""
    columns = PartitionColumns.absent(tuple(TopicPartition(topic.topic, n) for n in range(len(drifts))))
    unmeasured = {n: Unmeasured(Reason.NO_WITNESS) for n, drift in enumerate(drifts) if drift != drift}  # noqa: PLR0124  # NaN
    lost = changes.pop("lost", 0)
    columns = replace(
        columns,
        drift=array("d", drifts),
        lost=array("q", [lost] * len(drifts)),
        unmeasured=unmeasured,
    )
    return mirror_reading(partitions=columns, topics=(topic,), groups=(), **changes)


def judged(*drifts: float, **changes: Any) -> MirrorJudgement:
    return judge(reading(*drifts, **changes))


@pytest.mark.parametrize(
    ("drift", "state", "severity"),
    [
        (0.0, "mirroring", Severity.WITHIN),
        (5.0, "mirroring", Severity.WITHIN),
        (5.1, "mirroring", Severity.BEHIND),  # a third of 15 s
        (15.0, "mirroring", Severity.BEHIND),
        (15.1, "mirroring", Severity.PAST_PAGE),
        (120.1, "mirroring", Severity.PAST_FALLBACK),
        (120.1, "blind", Severity.PAST_FALLBACK),
        (NAN, "mirroring", Severity.UNMEASURED),
        (3600.0, "initial_sync", Severity.BEHIND),
        (NAN, "initial_sync", Severity.UNMEASURED),
        (0.0, "awaiting_target", Severity.BEHIND),
        (3600.0, "awaiting_target", Severity.BEHIND),
        (3600.0, "not_selected", Severity.NOT_JUDGED),
        (NAN, "not_selected", Severity.NOT_JUDGED),
    ],
)
def test_a_partition_is_as_bad_as_its_drift_and_what_is_expected_of_its_topic(
    drift: float, state: Any, severity: Severity
) -> None:
    assert judged(drift, topic=replace(ORDERS, state=state)).severities == bytes([severity])


def test_thresholds_that_are_off_are_never_passed() -> None:
    off = replace(ORDERS, drift_threshold=None, fallback_threshold=None)

    assert judged(1e9, topic=off).severity is Severity.WITHIN


def test_a_topic_is_as_bad_as_its_worst_partition_and_names_it() -> None:
    (topic,) = judged(1.0, 30.0, NAN, 20.0).topics

    assert topic.severity is Severity.PAST_PAGE
    assert (topic.worst_partition, topic.drift_seconds, topic.unmeasured) == (1, 30.0, 1)


def test_drift_is_that_of_the_partition_named_though_another_is_unmeasured() -> None:
    (topic,) = judged(NAN, 1.0, 2.0).topics
    (blind,) = judged(NAN, NAN).topics

    assert (topic.severity, topic.worst_partition, topic.drift_seconds) == (Severity.UNMEASURED, 2, 2.0)
    assert (blind.worst_partition, blind.drift_seconds) == (None, None)


def test_a_measured_partition_past_its_threshold_outweighs_unmeasured_ones() -> None:
    (topic,) = judged(NAN, 16.0).topics

    assert topic.severity is Severity.PAST_PAGE


def kinds(before: MirrorJudgement | None, after: MirrorJudgement) -> list[tuple[str, str]]:
    return [(event.kind, event.subject) for event in events_between(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (1.0, 2.0, None),
        (1.0, 10.0, None),
        (1.0, 16.0, "past_threshold"),
        (1.0, 121.0, "past_fallback"),
        (16.0, 121.0, "past_fallback"),
        (121.0, 16.0, "below_fallback"),
        (121.0, 1.0, "back_within"),
        (16.0, 10.0, "back_within"),
        (1.0, NAN, "unmeasured"),
        (16.0, NAN, "unmeasured"),
        (NAN, NAN, None),
        (NAN, 1.0, "measured_again"),
        (NAN, 16.0, "past_threshold"),
    ],
)
def test_an_event_is_a_change_between_two_readings(before: float, after: float, kind: str | None) -> None:
    assert kinds(judged(before), judged(after)) == ([(kind, "orders")] if kind else [])


def test_a_threshold_passed_names_the_partition_and_the_drift() -> None:
    (event,) = events_between(judged(1.0, 2.0), judged(1.0, 16.5))

    assert event == Event(at=1790000000.0, kind="past_threshold", subject="orders", partition=1, amount=16.5)


@pytest.mark.parametrize(
    ("why", "detail"),
    [
        (Unmeasured(Reason.LEADER_UNREACHABLE, "broker 3"), "leader_unreachable: broker 3"),
        (Unmeasured(Reason.NO_WITNESS), "no_witness"),
        (Unmeasured(Reason.CLUSTER_UNREACHABLE, "connection refused"), "cluster_unreachable"),
    ],
)
def test_a_topic_that_turns_unmeasured_says_why(why: Unmeasured, detail: str) -> None:
    blind = reading(NAN)
    blind = replace(blind, partitions=replace(blind.partitions, unmeasured={0: why}))

    assert [event.detail for event in events_between(judged(0.0), judge(blind))] == [detail]


def test_the_first_reading_tells_what_is_wrong_already_but_no_losses_of_before() -> None:
    down = {"source": side_health(), "target": side_health(up=False)}

    assert kinds(None, judged(20.0, sides=down, lost=7)) == [
        ("cluster_down", "target"),
        ("past_threshold", "orders"),
    ]
    assert kinds(None, judged(0.0)) == []


def test_losses_resets_and_clusters_are_told() -> None:
    up = {"source": side_health(), "target": side_health()}
    down = {"source": side_health(up=False), "target": side_health()}
    before, after = judged(0.0, sides=up, lost=7), judged(0.0, sides=down, lost=10)

    lost = [event for event in events_between(before, after) if event.kind == "records_lost"]
    assert [event.amount for event in lost] == [3.0]
    assert ("cluster_down", "source") in kinds(before, after)
    assert kinds(after, before) == [("cluster_up", "source")]


def test_the_same_of_many_topics_is_one_event() -> None:
    topics = tuple(replace(ORDERS, topic=f"t{n}") for n in range(100))
    index = tuple(TopicPartition(topic.topic, 0) for topic in topics)

    def all_behind(first: float) -> MirrorJudgement:
        drifts = array("d", [first + n for n in range(100)])
        columns = replace(PartitionColumns.absent(index), drift=drifts)
        return judge(mirror_reading(partitions=columns, topics=topics, groups=()))

    (event,) = events_between(all_behind(-200.0), all_behind(16.0))

    assert (event.topics, event.subject, event.amount) == (100, "t99", 115.0)


def health(mirror: MirrorJudgement | None, *, is_stale: bool = False) -> Health:
    groups = () if mirror is None else judge_groups(mirror.reading)
    return mirror_health(mirror, groups, age_seconds=1.0, is_stale=is_stale)


def test_a_mirror_is_healthy_only_when_everything_is_known_to_be() -> None:
    down = {"source": side_health(), "target": side_health(up=False)}
    lost = replace(ORDERS, last_loss_timestamp=1790000000.0 - 3600)
    long_ago = replace(ORDERS, last_loss_timestamp=1790000000.0 - 90_000)

    assert health(None).verdict == "waiting"
    assert health(judged(0.0), is_stale=True).verdict == "stale"
    assert health(judged(NAN, sides=down)).verdict == "unreachable"
    assert health(judged(0.0, 121.0)).verdict == "past_fallback"
    assert health(judged(0.0, 16.0)) == Health(
        verdict="past_threshold", count=1, subject="orders", partition=1, seconds=16.0
    )
    assert health(judged(0.0, topic=lost)).verdict == "records_lost"
    assert health(judged(0.0, NAN, NAN)) == Health(verdict="unmeasured", count=2, subject="orders")
    assert health(judged(0.0, 6.0)).verdict == "behind"
    assert health(judged()).verdict == "no_topics"
    assert health(judged(0.0, topic=replace(ORDERS, state="not_selected"))).verdict == "no_topics"
    assert health(judged(0.0, topic=long_ago)).verdict == "healthy"
    assert health(judged(0.0, 1.5)) == Health(verdict="healthy", count=2, seconds=1.5)


def test_what_is_past_its_threshold_is_told_before_a_cluster_that_is_down() -> None:
    down = {"source": side_health(), "target": side_health(up=False)}

    assert health(judged(16.0, sides=down)).verdict == "past_threshold"


@pytest.mark.parametrize(
    ("lag", "state", "severity"),
    [
        (1.0, "on_source", Severity.WITHIN),
        (6.25, "on_source", Severity.BEHIND),
        (16.0, "on_source", Severity.PAST_PAGE),
        (16.0, "abandoned", Severity.NOT_JUDGED),
        (NAN, "on_source", Severity.UNMEASURED),
    ],
)
def test_a_group_is_judged_on_its_side_against_the_threshold_of_groups(
    lag: float, state: Any, severity: Severity
) -> None:
    (billing,) = mirror_reading().groups
    columns = replace(group_columns(), lag_seconds=array("d", [lag, 1000.0]))

    (group,) = judge_groups(mirror_reading(groups=(replace(billing, state=state),), group_columns=columns))

    assert (group.severity, group.lag_records, group.unmeasured) == (severity, 10, 0)


def test_a_late_group_is_told_when_the_topics_are_fine() -> None:
    (billing,) = mirror_reading().groups
    columns = replace(group_columns(), lag_seconds=array("d", [16.0, NAN]))
    late = replace(reading(0.0), groups=(billing,), group_columns=columns)

    assert health(judge(late)) == Health(verdict="groups_late", count=1, subject="billing", seconds=16.0)
