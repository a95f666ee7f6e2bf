"""A reading against its thresholds: how bad each partition, each topic and each group is, on one scale."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf, isnan
from typing import NamedTuple

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.core.reading import (
    NO_OFFSET,
    GroupSummary,
    MirrorReading,
    PartitionColumns,
    TopicReading,
)


class Severity(IntEnum):
    """From the best to the worst; what is unmeasured is worse than what is only behind."""

    NOT_JUDGED = 0
    WITHIN = 1
    BEHIND = 2
    UNMEASURED = 3
    PAST_PAGE = 4
    PAST_FALLBACK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicJudgement:
    """A topic by its worst partition, that of the most drift; sums leave out what was not measured.

    `rows` are those of the reading's columns, by partition; `why` is the first reason among the unmeasured.
    """

    topic: TopicReading
    rows: Sequence[int]
    severity: Severity
    drift_seconds: float | None
    worst_partition: int | None
    lag_records: int | None
    unmeasured: int
    why: Unmeasured | None
    lost_records: int
    position_resets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorJudgement:
    """A reading and what is to be thought of it; `severities` has one byte for each row."""

    reading: MirrorReading
    severities: bytes
    topics: tuple[TopicJudgement, ...]

    @property
    def severity(self) -> Severity:
        """That of the worst topic."""
        return max((topic.severity for topic in self.topics), default=Severity.NOT_JUDGED)

    @property
    def drift_seconds(self) -> float | None:
        """That of the worst partition."""
        return max((t.drift_seconds for t in self.topics if t.drift_seconds is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJudgement:
    """A group by its worst partition on the side it is judged on."""

    summary: GroupSummary
    severity: Severity
    lag_records: int | None
    lag_seconds: float | None
    unmeasured: int


class _Limits(NamedTuple):
    """Seconds from which a partition is worse; `best` and `worst` hold for whatever was measured."""

    behind: float
    page: float
    fallback: float
    best: Severity
    worst: Severity


def judge(reading: MirrorReading) -> MirrorJudgement:
    """What is to be thought of a reading."""
    columns = reading.partitions
    rows: dict[str, list[int]] = {topic.topic: [] for topic in reading.topics}
    for row, (name, _) in enumerate(columns.index):
        rows[name].append(row)
    severities = bytearray(len(columns.index))
    topics = []
    for topic in reading.topics:
        of_topic = sorted(rows[topic.topic], key=lambda row: columns.index[row].partition)
        limits = _limits(topic)
        for row in of_topic:
            severities[row] = _partition_severity(columns.drift[row], limits, row in columns.unmeasured)
        topics.append(_topic_judgement(topic, of_topic, columns, severities))
    return MirrorJudgement(reading=reading, severities=bytes(severities), topics=tuple(topics))


def _limits(topic: TopicReading) -> _Limits:
    """Only a topic that is being mirrored can be past a threshold: the others are not expected to keep up."""
    page = inf if topic.drift_threshold is None else topic.drift_threshold
    fallback = inf if topic.fallback_threshold is None else topic.fallback_threshold
    best, worst = Severity.WITHIN, Severity.PAST_FALLBACK
    match topic.state:
        case "not_selected":
            best = worst = Severity.NOT_JUDGED
        case "awaiting_target":
            best = worst = Severity.BEHIND
        case "initial_sync":
            worst = Severity.BEHIND
    return _Limits(min(page, fallback) / 3, page, fallback, best, worst)


def _partition_severity(drift: float, limits: _Limits, is_unmeasured: bool) -> Severity:  # noqa: FBT001  # hot
    if limits.worst is Severity.NOT_JUDGED:
        return Severity.NOT_JUDGED
    found = limits.best
    if drift > limits.fallback:
        found = Severity.PAST_FALLBACK
    elif drift > limits.page:
        found = Severity.PAST_PAGE
    elif is_unmeasured or isnan(drift):
        return Severity.UNMEASURED
    elif drift > limits.behind:
        found = Severity.BEHIND
    return min(max(found, limits.best), limits.worst)


def _topic_judgement(
    topic: TopicReading, rows: Sequence[int], columns: PartitionColumns, severities: bytearray
) -> TopicJudgement:
    measured = [row for row in rows if not isnan(columns.drift[row])]
    worst = max(measured, key=columns.drift.__getitem__, default=None)
    unmeasured = [row for row in rows if row in columns.unmeasured or isnan(columns.drift[row])]
    reasons = (columns.unmeasured[row] for row in unmeasured if row in columns.unmeasured)
    least = Severity.UNMEASURED if topic.state == "blind" else Severity.NOT_JUDGED
    return TopicJudgement(
        topic=topic,
        rows=rows,
        severity=max(least, _worst(severities[row] for row in rows)),
        drift_seconds=None if worst is None else columns.drift[worst],
        worst_partition=None if worst is None else columns.index[worst].partition,
        lag_records=_sum(columns.lag, rows),
        unmeasured=len(unmeasured),
        why=next(reasons, topic.unmeasured),
        lost_records=sum(columns.lost[row] for row in rows),
        position_resets=sum(columns.resets[row] for row in rows),
    )


def _worst(severities: Iterable[int]) -> Severity:
    return Severity(max(severities, default=Severity.NOT_JUDGED))


def _maximum(column: "array[float]", rows: Iterable[int]) -> float | None:
    return max((column[row] for row in rows if not isnan(column[row])), default=None)


def _sum(column: "array[int]", rows: Iterable[int]) -> int | None:
    known = [column[row] for row in rows if column[row] != NO_OFFSET]
    return sum(known) if known else None


def judge_groups(reading: MirrorReading) -> tuple[GroupJudgement, ...]:
    """The groups on the side where each is judged; walks all committed offsets, so only for who looks."""
    columns = reading.group_columns
    judged: dict[tuple[Side, str], list[int]] = {(g.judged_side, g.group): [] for g in reading.groups}
    for row, (side, group, _) in enumerate(columns.index):
        rows = judged.get((side, group))
        if rows is not None:
            rows.append(row)
    return tuple(_group_judgement(reading, summary, judged) for summary in reading.groups)


def _group_judgement(
    reading: MirrorReading, summary: GroupSummary, judged: Mapping[tuple[Side, str], Sequence[int]]
) -> GroupJudgement:
    columns, rows = reading.group_columns, judged[summary.judged_side, summary.group]
    seconds = _maximum(columns.lag_seconds, rows)
    unmeasured = sum(row in columns.unmeasured for row in rows)
    return GroupJudgement(
        summary=summary,
        severity=_group_severity(summary, seconds, unmeasured, reading.group_lag_threshold),
        lag_records=_sum(columns.lag, rows),
        lag_seconds=seconds,
        unmeasured=unmeasured,
    )


def _group_severity(
    summary: GroupSummary, seconds: float | None, unmeasured: int, threshold: float | None
) -> Severity:
    if summary.state == "abandoned":
        return Severity.NOT_JUDGED
    if threshold is not None and seconds is not None and seconds > threshold:
        return Severity.PAST_PAGE
    if summary.state == "unmeasured" or unmeasured or seconds is None:
        return Severity.UNMEASURED
    return Severity.BEHIND if threshold is not None and seconds > threshold / 3 else Severity.WITHIN
