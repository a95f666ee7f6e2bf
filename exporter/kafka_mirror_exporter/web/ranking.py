"""The rows of a reading, worst first: past their threshold, then unmeasured, then by drift and lag."""

from collections.abc import Callable, Iterable
from heapq import nsmallest
from math import isnan
from typing import NamedTuple

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import (
    GroupReading,
    PartitionReading,
    group_reading,
    partition_reading,
    topic_readings,
)

_PAST_THRESHOLD, _UNMEASURED, _WITHIN, _NOT_JUDGED = range(4)


class Page(NamedTuple):
    """Which of the ranked rows to show."""

    offset: int
    limit: int


def worst_partitions(
    reading: MirrorReading,
    page: Page,
    *,
    topic: str | None = None,
    partition: int | None = None,
    unmeasured: bool | None = None,
) -> tuple[int, list[PartitionReading]]:
    """How many rows match, and one page of them."""
    columns, topics = reading.partitions, topic_readings(reading)
    rows = [
        row
        for row, (name, number) in enumerate(columns.index)
        if topic in (None, name)
        and partition in (None, number)
        and unmeasured in (None, row in columns.unmeasured)
    ]

    def rank(row: int) -> tuple[int, float, int, int]:
        of_topic = topics[columns.index[row].topic]
        is_judged = of_topic.state != "not_selected"
        why = columns.unmeasured.get(row)
        drift = columns.drift[row]
        return (*_severity(drift, of_topic.drift_threshold, why, is_judged=is_judged), -columns.lag[row], row)

    return len(rows), [
        partition_reading(reading, topics[columns.index[row].topic], row) for row in _page(rows, page, rank)
    ]


def worst_groups(
    reading: MirrorReading, page: Page, *, group: str | None = None
) -> tuple[int, list[GroupReading]]:
    """How many rows match, and one page of them; sides that are not judged come last."""
    columns, summaries = reading.group_columns, {summary.group: summary for summary in reading.groups}
    rows = [row for row, (_, name, _) in enumerate(columns.index) if group in (None, name)]

    def rank(row: int) -> tuple[int, float, int, int]:
        side, name, _ = columns.index[row]
        summary = summaries[name]
        is_judged = summary.judged_side == side and summary.state not in ("abandoned", "unmeasured")
        why, lag = columns.unmeasured.get(row), columns.lag_seconds[row]
        return (
            *_severity(lag, reading.group_lag_threshold, why, is_judged=is_judged),
            -columns.lag[row],
            row,
        )

    return len(rows), [
        group_reading(reading, summaries[columns.index[row][1]], row) for row in _page(rows, page, rank)
    ]


def _severity(
    seconds: float, threshold: float | None, why: Unmeasured | None, *, is_judged: bool
) -> tuple[int, float]:
    known = 0.0 if isnan(seconds) else seconds
    if not is_judged:
        return _NOT_JUDGED, -known
    if threshold is not None and known > threshold:
        return _PAST_THRESHOLD, -known
    return (_WITHIN if why is None else _UNMEASURED), -known


def _page(rows: Iterable[int], page: Page, rank: Callable[[int], tuple[int, float, int, int]]) -> list[int]:
    # Not sorted(): its one call would hold the interpreter for as long as 200,000 rows take.
    return nsmallest(page.offset + page.limit, rows, key=rank)[page.offset :]
