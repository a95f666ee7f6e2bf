"""The health of a whole mirror as one verdict: the worst thing that is known, or that nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kafka_mirror_exporter.core.judgement import GroupJudgement, MirrorJudgement, Severity

Verdict = Literal[
    "waiting",
    "stale",
    "unreachable",
    "past_fallback",
    "past_threshold",
    "records_lost",
    "unmeasured",
    "groups_late",
    "behind",
    "no_topics",
    "healthy",
]

_LOSS_IS_TOLD_SECONDS = 86_400.0
_BY_SEVERITY: dict[Severity, Verdict] = {
    Severity.PAST_FALLBACK: "past_fallback",
    Severity.PAST_PAGE: "past_threshold",
    Severity.UNMEASURED: "unmeasured",
    Severity.BEHIND: "behind",
    Severity.WITHIN: "healthy",
    Severity.NOT_JUDGED: "no_topics",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The verdict, how many it concerns (topics, partitions, groups or sides), and the worst of them."""

    verdict: Verdict
    count: int = 0
    subject: str = ""
    partition: int | None = None
    seconds: float | None = None


def mirror_health(
    judged: MirrorJudgement | None,
    groups: Sequence[GroupJudgement],
    *,
    age_seconds: float | None,
    is_stale: bool,
) -> Health:
    """What is to be said of a mirror in one line; a reading that is too old says nothing any more."""
    if judged is None:
        return Health(verdict="waiting")
    if is_stale:
        return Health(verdict="stale", seconds=age_seconds)
    down = [side for side, health in judged.reading.sides.items() if not health.up]
    verdict = _BY_SEVERITY[judged.severity]
    if verdict in ("past_fallback", "past_threshold"):
        return _of_topics(judged, verdict)
    if down:
        return Health(verdict="unreachable", count=len(down), subject=" and ".join(down))
    return _lost(judged) or _of_partitions(judged, verdict) or _late(groups) or _of_topics(judged, verdict)


def _of_topics(judged: MirrorJudgement, verdict: Verdict) -> Health:
    severity = judged.severity
    alike = [topic for topic in judged.topics if topic.severity == severity]
    if not alike or severity <= Severity.WITHIN:
        judged_rows = sum(len(topic.rows) for topic in judged.topics if topic.severity)
        return Health(verdict=verdict, count=judged_rows, seconds=judged.drift_seconds)
    worst = max(alike, key=lambda topic: topic.drift_seconds or 0.0)
    return Health(
        verdict=verdict,
        count=len(alike),
        subject=worst.topic.topic,
        partition=worst.worst_partition,
        seconds=worst.drift_seconds,
    )


def _lost(judged: MirrorJudgement) -> Health | None:
    now = judged.reading.measured_at
    losses = [
        topic.topic
        for topic in judged.topics
        if topic.topic.last_loss_timestamp is not None
        and now - topic.topic.last_loss_timestamp < _LOSS_IS_TOLD_SECONDS
    ]
    if not losses:
        return None
    newest = max(losses, key=lambda topic: topic.last_loss_timestamp or 0.0)
    return Health(
        verdict="records_lost",
        count=len(losses),
        subject=newest.topic,
        seconds=max(0.0, now - (newest.last_loss_timestamp or now)),
    )


def _of_partitions(judged: MirrorJudgement, verdict: Verdict) -> Health | None:
    if verdict != "unmeasured":
        return None
    alike = [topic for topic in judged.topics if topic.severity is Severity.UNMEASURED]
    return Health(verdict=verdict, count=sum(t.unmeasured for t in alike), subject=alike[0].topic.topic)


def _late(groups: Sequence[GroupJudgement]) -> Health | None:
    late = [group for group in groups if group.severity is Severity.PAST_PAGE]
    if not late:
        return None
    worst = max(late, key=lambda group: group.lag_seconds or 0.0)
    return Health(
        verdict="groups_late", count=len(late), subject=worst.summary.group, seconds=worst.lag_seconds
    )
