"""What is wrong with clusters, connectors, groups, the fallback and receivers by one reading."""

from collections.abc import Iterator
from math import isnan

from kafka_mirror_exporter.core.alerting import texts
from kafka_mirror_exporter.core.alerting.alert import Condition, Labels
from kafka_mirror_exporter.core.alerting.humanize import humanize, humanize_duration
from kafka_mirror_exporter.core.alerting.memory import AlertMemory
from kafka_mirror_exporter.core.alerting.rules import AlertRules
from kafka_mirror_exporter.core.reading import WHOLE_TOPIC, GroupSummary, MirrorReading


def mirror_conditions(reading: MirrorReading, rules: AlertRules, memory: AlertMemory) -> Iterator[Condition]:
    """All that holds of anything but topics."""
    yield from _clusters(reading, rules)
    yield from _connectors(reading)
    yield from _fallback(reading)
    if reading.renewed is None:
        memory.of_groups = tuple(_groups(reading, rules, memory))
    yield from memory.of_groups
    for receiver in memory.posts.failing(reading.notifications, now=reading.measured_monotonic):
        yield Condition(text=texts.NOTIFICATIONS_FAILING, labels=(("receiver", receiver),))


def _clusters(reading: MirrorReading, rules: AlertRules) -> Iterator[Condition]:
    for side, health in reading.sides.items():
        if not health.up:
            yield Condition(text=texts.UNREACHABLE, labels=(("side", side),))
    for stage, went in reading.stages.items():
        last = went.last_success_monotonic
        age = 0.0 if last is None else reading.measured_monotonic - last
        if age > rules.data_is_stale_after_seconds:
            yield Condition(
                text=texts.DATA_STALE,
                labels=(("stage", stage),),
                fields={"seconds": humanize_duration(age)},
            )


def _connectors(reading: MirrorReading) -> Iterator[Condition]:
    tasks: dict[str, int] = {}
    for (connector, _), count in reading.connector_tasks.items():
        tasks[connector] = tasks.get(connector, 0) + count
    for connector, count in tasks.items():
        failed = reading.connector_tasks.get((connector, "failed"), 0)
        if failed:
            yield Condition(
                text=texts.TASK_FAILED,
                labels=(("connector", connector),),
                fields={"count": f"{failed:g}", "tasks": humanize(count)},
            )


def _fallback(reading: MirrorReading) -> Iterator[Condition]:
    if reading.fallback is None:
        return
    for unit, state in reading.fallback.states.items():
        subject = texts.SUBJECT_TOPIC.format(topic=unit) if unit else texts.SUBJECT_MIRROR
        # A label that is empty is one that an alert does not have.
        labels: Labels = (("topic", unit),) if unit else ()
        if state.engaged:
            yield Condition(text=texts.FALLBACK_ENGAGED, labels=labels, fields={"subject": subject})
        if state.blind and state.engaged is not False:
            yield Condition(text=texts.FALLBACK_BLIND, labels=labels, fields={"subject": subject})


def _groups(reading: MirrorReading, rules: AlertRules, memory: AlertMemory) -> Iterator[Condition]:
    """Groups whose first unread record has waited too long, where they live; seen twice without history."""
    columns, threshold = reading.group_columns, reading.group_lag_threshold
    if threshold is None:
        return
    groups = {summary.group: summary for summary in reading.groups}
    worst: dict[str, int] = {}
    before, memory.group_commits = memory.group_commits, {}
    for row, seconds in enumerate(columns.lag_seconds):
        if not seconds > threshold:
            continue
        side, name, tp = columns.index[row]
        if not _is_judged(groups.get(name), side):
            continue
        memory.group_commits[side, name, tp] = columns.committed[row]
        is_sure = columns.lag_lower[row] > threshold or not isnan(columns.lag_upper[row])
        is_seen_twice = before.get((side, name, tp)) == columns.committed[row]
        is_worst = name not in worst or seconds > columns.lag_seconds[worst[name]]
        if (is_sure or is_seen_twice) and is_worst:
            worst[name] = row
    for name, row in worst.items():
        yield _group_lag(reading, name, row, is_critical=rules.is_critical_group(name))


def _is_judged(summary: GroupSummary | None, side: str) -> bool:
    lives = ("on_source", "on_target", "on_both")
    return summary is not None and summary.judged_side == side and summary.state in lives


def _group_lag(reading: MirrorReading, name: str, row: int, *, is_critical: bool) -> Condition:
    columns = reading.group_columns
    side, _, tp = columns.index[row]
    at = "" if tp.partition == WHOLE_TOPIC else texts.GROUP_PARTITION.format(partition=tp.partition)
    seconds = columns.lag_seconds[row]
    return Condition(
        text=texts.GROUP_LAG_HIGH_CRITICAL if is_critical else texts.GROUP_LAG_HIGH,
        labels=(("group", name),),
        fields={
            "seconds": humanize_duration(seconds),
            "where": texts.GROUP_WHERE.format(side=side, topic=tp.topic, at_partition=at),
        },
    )
