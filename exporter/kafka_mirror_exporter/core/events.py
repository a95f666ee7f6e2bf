"""What happened between two successive readings of a mirror: an event each, the many of one kind as one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from kafka_mirror_exporter.core.judgement import MirrorJudgement, Severity, TopicJudgement
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured

EventKind = Literal[
    "cluster_down",
    "cluster_up",
    "unmeasured",
    "measured_again",
    "past_threshold",
    "past_fallback",
    "below_fallback",
    "back_within",
    "records_lost",
    "position_reset",
]

_SHOWN_APART = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to `subject`, a side or a topic; `topics` counts those it stands for.

    `amount` is seconds of drift, or how many records or resets; `detail` is a reason, for people.
    """

    at: float
    kind: EventKind
    subject: str
    partition: int | None = None
    amount: float | None = None
    detail: str = ""
    topics: int = 1


def events_between(before: MirrorJudgement | None, after: MirrorJudgement) -> tuple[Event, ...]:
    """What happened; without a reading before, all that is wrong already."""
    at = after.reading.measured_at
    known = {} if before is None else {judged.topic.topic: judged for judged in before.topics}
    of_topics = [event for judged in after.topics for event in _topic_events(known, judged, at)]
    return (*_cluster_events(before, after), *_gathered(of_topics))


def _cluster_events(before: MirrorJudgement | None, after: MirrorJudgement) -> Iterator[Event]:
    at = after.reading.measured_at
    for side, health in after.reading.sides.items():
        was_up = before is None or before.reading.sides[side].up
        if was_up and not health.up:
            yield Event(at=at, kind="cluster_down", subject=side, detail=health.error)
        elif health.up and not was_up:
            yield Event(at=at, kind="cluster_up", subject=side)


def _topic_events(known: dict[str, TopicJudgement], now: TopicJudgement, at: float) -> Iterator[Event]:
    name, was = now.topic.topic, known.get(now.topic.topic)
    kind = _change(Severity.WITHIN if was is None else was.severity, now.severity)
    if kind == "unmeasured":
        yield Event(at=at, kind=kind, subject=name, detail=_why(now.why))
    elif kind is not None:
        yield Event(at=at, kind=kind, subject=name, partition=now.worst_partition, amount=now.drift_seconds)
    if was is not None and now.lost_records > was.lost_records:
        yield Event(
            at=at, kind="records_lost", subject=name, amount=float(now.lost_records - was.lost_records)
        )
    if was is not None and now.position_resets > was.position_resets:
        resets = float(now.position_resets - was.position_resets)
        yield Event(at=at, kind="position_reset", subject=name, amount=resets)


def _why(why: Unmeasured | None) -> str:
    if why is None:
        return ""
    # What the cluster answered is told once, by the event of the cluster.
    is_told = why.reason is Reason.CLUSTER_UNREACHABLE or not why.detail
    return str(why.reason) if is_told else f"{why.reason}: {why.detail}"


def _change(was: Severity, now: Severity) -> EventKind | None:
    """The event between two severities; being behind but within the threshold is none."""
    if was == now:
        return None
    if now > Severity.UNMEASURED:
        came_down = was is Severity.PAST_FALLBACK
        return "below_fallback" if came_down else _PASSED[now]
    if now is Severity.UNMEASURED:
        return "unmeasured"
    if was is Severity.UNMEASURED:
        return "measured_again"
    return "back_within" if was > Severity.UNMEASURED else None


_PASSED: dict[Severity, EventKind] = {
    Severity.PAST_PAGE: "past_threshold",
    Severity.PAST_FALLBACK: "past_fallback",
}


def _gathered(events: Iterable[Event]) -> Iterator[Event]:
    """Many topics to which the same happened at once are one event, told of the worst of them."""
    for _, of_kind in groupby(sorted(events, key=lambda event: event.kind), key=lambda event: event.kind):
        alike = list(of_kind)
        yield from alike if len(alike) <= _SHOWN_APART else [_as_one(alike)]


def _as_one(events: Sequence[Event]) -> Event:
    worst = max(events, key=lambda event: event.amount or 0.0)
    return Event(
        at=worst.at, kind=worst.kind, subject=worst.subject, partition=worst.partition,
        amount=worst.amount, detail=worst.detail, topics=len(events),
    )  # fmt: skip
