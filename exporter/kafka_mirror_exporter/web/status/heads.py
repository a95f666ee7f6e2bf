"""The head of a mirror on the page: its verdict and totals, as they are at the moment of asking."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kafka_mirror_exporter.core.health import mirror_health
from kafka_mirror_exporter.core.judgement import GroupJudgement, MirrorJudgement
from kafka_mirror_exporter.core.reading import NO_OFFSET, SideHealth
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.web.site import Site
from kafka_mirror_exporter.web.status.fallback_lines import FallbackLine, fallback_lines
from kafka_mirror_exporter.web.status.sentences import Line, counted, shown_seconds, verdict_line


@dataclass(frozen=True, slots=True, kw_only=True)
class SideHead:
    """One cluster: `text` says how it answers."""

    side: str
    is_up: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A mirror in one line and one colour, with its totals; absent before its first poll."""

    source: str
    target: str
    line: Line
    age_seconds: float | None = None
    drift_seconds: float | None = None
    lag_records: int | None = None
    topics: int | None = None
    partitions: int | None = None
    unmeasured: int | None = None
    groups: int | None = None
    pages: tuple[float, ...] = ()
    fallbacks: tuple[float, ...] = ()
    sides: tuple[SideHead, ...] = ()
    fallback: tuple[FallbackLine, ...] = ()


def head_of(
    site: Site, mirror: MirrorName, judged: MirrorJudgement | None, groups: Sequence[GroupJudgement]
) -> Head:
    """The head of a mirror now."""
    age = None if judged is None else site.age_seconds(judged.reading)
    is_stale = judged is not None and site.is_stale(judged.reading)
    line = verdict_line(mirror_health(judged, groups, age_seconds=age, is_stale=is_stale))
    if judged is None:
        return Head(source=mirror[0], target=mirror[1], line=line)
    columns = judged.reading.partitions
    lags = [lag for lag in columns.lag if lag != NO_OFFSET]
    return Head(
        source=mirror[0],
        target=mirror[1],
        line=line,
        age_seconds=age,
        drift_seconds=shown_seconds(judged.drift_seconds),
        lag_records=sum(lags) if lags else None,
        topics=len(judged.topics),
        partitions=len(columns.index),
        unmeasured=len(columns.unmeasured),
        groups=len(groups),
        pages=_thresholds([topic.topic.drift_threshold for topic in judged.topics]),
        fallbacks=_thresholds([topic.topic.fallback_threshold for topic in judged.topics]),
        sides=_sides(judged, is_stale=is_stale),
        fallback=fallback_lines(judged.reading, is_stale=is_stale),
    )


def _thresholds(values: Iterable[float | None]) -> tuple[float, ...]:
    """The lowest, the most common and the highest of those in force, for more lines would hide the curve."""
    counts = Counter(value for value in values if value is not None)
    if not counts:
        return ()
    return tuple(sorted({min(counts), counts.most_common(1)[0][0], max(counts)}))


def _sides(judged: MirrorJudgement, *, is_stale: bool) -> tuple[SideHead, ...]:
    return tuple(
        SideHead(side=side, is_up=health.up and not is_stale, text=_side_text(health))
        for side, health in judged.reading.sides.items()
    )


def _side_text(health: SideHealth) -> str:
    answers = counted(health.brokers_answering, "broker") + (
        " answers" if health.brokers_answering == 1 else " answer"
    )
    fails = f", {health.brokers_failing:,} not" if health.brokers_failing else ""
    if health.up:
        return answers + fails
    return f"down: {health.error}" if health.error else "down"
