"""What the page says of a mirror's fallback: what is engaged, since when and why, and what nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from kafka_mirror_exporter.core.fallback_views import TopicFallback, topic_fallbacks
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.status.sentences import Tone, counted, moment_text

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FallbackLine:
    """One sentence and its colour."""

    tone: Tone
    text: str


def fallback_lines(reading: MirrorReading, *, is_stale: bool) -> tuple[FallbackLine, ...]:
    """The engaged ones first; nothing where the fallback is off."""
    fallbacks = topic_fallbacks(reading, is_stale=is_stale)
    if not fallbacks:
        return ()
    engaged = [fallback for fallback in fallbacks if fallback.engaged]
    unknown = [fallback for fallback in fallbacks if fallback.engaged is None]
    lines = [FallbackLine("worst", _engaged_text(fallback)) for fallback in engaged[:_SHOWN]]
    if len(engaged) > _SHOWN:
        lines.append(FallbackLine("worst", f"engaged for {len(engaged) - _SHOWN:,} more"))
    if unknown:
        lines.append(FallbackLine("unknown", f"not known yet for {_named(unknown)}"))
    released = len(fallbacks) - len(engaged) - len(unknown)
    if released and not lines:
        lines.append(FallbackLine("good", f"not engaged for {counted(released, 'topic')}"))
    return tuple(lines)


def _engaged_text(fallback: TopicFallback) -> str:
    since = "" if fallback.since is None else f" since {moment_text(fallback.since)}"
    return f"engaged for {fallback.topic}{since}: {fallback.reason}"


def _named(fallbacks: Sequence[TopicFallback]) -> str:
    return fallbacks[0].topic if len(fallbacks) == 1 else counted(len(fallbacks), "topic")
