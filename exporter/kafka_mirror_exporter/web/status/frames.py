"""What the page shows of a mirror as compact arrays, and the difference between two of them.

A frame is sent whole to a page that has just been opened, and whenever topics or partitions come or go;
after that only the cells, topics and groups that changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from kafka_mirror_exporter.core.judgement import GroupJudgement, MirrorJudgement, TopicJudgement
from kafka_mirror_exporter.web.json_form import Json
from kafka_mirror_exporter.web.status.sentences import shown_seconds

Row = tuple[object, ...]
_WHOLE_IF_CHANGED = 4  # a changed cell costs about as many characters as four cells sent whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One reading as rows; `cells` has the digit of a severity for each partition, topic after topic.

    `topics` are what seldom changes (name, copy, state, thresholds, partitions); `stats` are, for each of
    them, severity, drift, worst partition, lag, unmeasured partitions and lost records.
    """

    topics: tuple[Row, ...]
    cells: str
    stats: tuple[Row, ...]
    groups: tuple[Row, ...]


EMPTY = Frame(topics=(), cells="", stats=(), groups=())


def frame_of(judged: MirrorJudgement, groups: Sequence[GroupJudgement]) -> Frame:
    """The frame of a reading."""
    severities = judged.severities
    return Frame(
        topics=tuple(_topic(judged, topic) for topic in judged.topics),
        cells="".join(str(severities[row]) for topic in judged.topics for row in topic.rows),
        stats=tuple(_stats(topic) for topic in judged.topics),
        groups=tuple(_group(group) for group in groups),
    )


def _topic(judged: MirrorJudgement, topic: TopicJudgement) -> Row:
    index, facts = judged.reading.partitions.index, topic.topic
    partitions = [index[row].partition for row in topic.rows]
    is_dense = partitions == list(range(len(partitions)))
    return (
        facts.topic,
        facts.target_topic,
        facts.state,
        facts.drift_threshold,
        facts.fallback_threshold,
        len(partitions) if is_dense else tuple(partitions),
    )


def _stats(topic: TopicJudgement) -> Row:
    drift = shown_seconds(topic.drift_seconds)
    return (
        int(topic.severity), drift, topic.worst_partition, topic.lag_records,
        topic.unmeasured, topic.lost_records,
    )  # fmt: skip


def _group(group: GroupJudgement) -> Row:
    summary = group.summary
    lag = shown_seconds(group.lag_seconds)
    members = summary.members.get(summary.judged_side)
    return (
        summary.group, int(group.severity), summary.state, summary.judged_side,
        lag, group.lag_records, members, group.unmeasured,
    )  # fmt: skip


def whole(frame: Frame) -> Json:
    """A frame as a message."""
    return {"topics": frame.topics, "cells": frame.cells, "stats": frame.stats, "groups": frame.groups}


def changes(before: Frame, after: Frame) -> Json | None:
    """What is to be changed on a page that shows `before`; None where it must be drawn anew.

    Rows of `stats` come with their number in front; `cells` are pairs of number and digit, or all digits.
    """
    if before.topics != after.topics:
        return None
    message: Json = {}
    if before.cells != after.cells:
        message["cells"] = _changed_cells(before.cells, after.cells)
    stats = [(number, *now) for number, (was, now) in _numbered(before.stats, after.stats) if was != now]
    if stats:
        message["stats"] = stats
    if before.groups != after.groups:
        is_same = [row[0] for row in before.groups] == [row[0] for row in after.groups]
        message |= _changed_groups(before, after) if is_same else {"groups": after.groups}
    return message


def _changed_groups(before: Frame, after: Frame) -> Json:
    pairs = _numbered(before.groups, after.groups)
    return {"group_rows": [(number, *now) for number, (was, now) in pairs if was != now]}


def _numbered(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[int, tuple[Row, Row]]]:
    return list(enumerate(zip(before, after, strict=True)))


def _changed_cells(before: str, after: str) -> str | list[int]:
    changed = [
        (number, int(now)) for number, (was, now) in enumerate(zip(before, after, strict=True)) if was != now
    ]
    return after if len(changed) * _WHOLE_IF_CHANGED > len(after) else list(chain.from_iterable(changed))
