"""Numbers with their units, verdicts and events as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kafka_mirror_exporter.core.events import Event, EventKind
from kafka_mirror_exporter.core.health import Health, Verdict
from kafka_mirror_exporter.core.judgement import Severity

NOT_MEASURED = "–"  # noqa: RUF001  # a dash for the eye, not a minus
Tone = Literal["good", "warn", "bad", "worst", "unknown", "none"]

# What the page calls a severity; the page's script is given this very table.
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.NOT_JUDGED: "not judged",
    Severity.WITHIN: "within",
    Severity.BEHIND: "behind",
    Severity.UNMEASURED: "unmeasured",
    Severity.PAST_PAGE: "past threshold",
    Severity.PAST_FALLBACK: "past fallback threshold",
}


def seconds_text(value: float | None) -> str:
    """Seconds as `1.2 s`, `2m 10s`, `3h 5m` or `2d 4h`; a dash where they were not measured."""
    if value is None:
        return NOT_MEASURED
    if round(value, 1) < 120:
        return f"{value:.1f} s"
    whole = int(round(value, 1))
    if whole < 7200:
        return f"{whole // 60}m {whole % 60}s"
    if whole < 172_800:
        return f"{whole // 3600}h {whole % 3600 // 60}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3600}h"


def shown_seconds(value: float | None) -> float | None:
    """As precise as it is shown: what nobody would see change is no change."""
    if value is None:
        return None
    return round(value, 1) if round(value, 1) < 120 else float(int(round(value, 1)))


def count_text(value: int | None) -> str:
    """A count with its thousands apart; a dash where it was not measured."""
    return NOT_MEASURED if value is None else f"{value:,}"


def moment_text(at: float) -> str:
    """A moment of today in UTC, for whoever reads without a script that knows the reader's zone."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S} UTC"


def counted(count: int, noun: str) -> str:
    """`1 topic`, `2,000 topics`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def records_text(value: int | None) -> str:
    """`45,200 records`; a dash where they were not counted."""
    return NOT_MEASURED if value is None else counted(value, "record")


def words_text(label: str) -> str:
    """`awaiting_target` and the like, which are labels elsewhere."""
    return label.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Line:
    """A verdict for people: its colour, a symbol and a word for who sees no colours, and one sentence."""

    tone: Tone
    symbol: str
    word: str
    sentence: str


_LINES: Mapping[Verdict, tuple[Tone, str, str, str]] = {
    "waiting": ("unknown", "?", "Waiting", "Not polled yet."),
    "stale": ("unknown", "?", "Stale", "Nothing measured for {seconds}; the numbers below are old."),
    "unreachable": ("unknown", "?", "Unreachable", "No answer from the {subject} cluster."),
    "past_fallback": ("worst", "!!", "Past fallback", "{topics} past the fallback threshold; worst {at}."),
    "past_threshold": ("bad", "!", "Past threshold", "{topics} past the threshold; worst {at}."),
    "records_lost": (
        "bad",
        "!",
        "Records lost",
        "Records of {topics} were lost in the last day; last {ago}.",
    ),
    "unmeasured": ("unknown", "?", "Unmeasured", "{partitions} unmeasured, first of {subject}."),
    "groups_late": ("warn", "~", "Groups late", "{groups} past the lag threshold; worst {at}."),
    "behind": ("warn", "~", "Behind", "{topics} behind, within the threshold; worst {at}."),
    "no_topics": ("unknown", "?", "No topics", "No topic of this mirror is judged."),
    "healthy": ("good", "✓", "Healthy", "All {partitions} within their thresholds; worst drift {seconds}."),
}


def verdict_line(health: Health) -> Line:
    """The line of a verdict."""
    tone, symbol, word, form = _LINES[health.verdict]
    where = health.subject if health.partition is None else f"{health.subject} partition {health.partition}"
    sentence = form.format(
        subject=health.subject,
        seconds=seconds_text(health.seconds),
        at=where if health.seconds is None else f"{where}, {seconds_text(health.seconds)}",
        ago=f"{health.subject}, {seconds_text(health.seconds)} ago",
        topics=counted(health.count, "topic"),
        partitions=counted(health.count, "partition"),
        groups=counted(health.count, "group"),
    )
    return Line(tone, symbol, word, sentence)


_EVENTS: Mapping[EventKind, tuple[Tone, str]] = {
    "cluster_down": ("unknown", "The {subject} cluster does not answer"),
    "cluster_up": ("good", "The {subject} cluster answers again"),
    "unmeasured": ("unknown", "{who}: unmeasured"),
    "measured_again": ("good", "{who}: measured again, within the threshold"),
    "past_threshold": ("bad", "{who}: past the threshold, {seconds}"),
    "past_fallback": ("worst", "{who}: past the fallback threshold, {seconds}"),
    "below_fallback": ("bad", "{who}: below the fallback threshold, still past its own, {seconds}"),
    "back_within": ("good", "{who}: back within the threshold, {seconds}"),
    "records_lost": ("bad", "{who}: {count} lost before they were mirrored"),
    "position_reset": ("warn", "{who}: the log went backwards (recreated or truncated)"),
}


def event_line(event: Event) -> tuple[Tone, str]:
    """An event's colour, and what happened in one phrase."""
    tone, form = _EVENTS[event.kind]
    where = event.subject if event.partition is None else f"{event.subject} partition {event.partition}"
    phrase = form.format(
        subject=event.subject,
        who=where if event.topics == 1 else f"{counted(event.topics, 'topic')}, worst {where}",
        seconds=seconds_text(event.amount),
        count=counted(int(event.amount or 0), "record"),
    )
    return tone, f"{phrase} ({event.detail})" if event.detail else phrase
