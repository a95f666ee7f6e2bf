"""What is said of a fallback, for proxies and people: the bodies of answers and posts are made of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_mirror_exporter.core.fallback import WHOLE_MIRROR, FallbackState
from kafka_mirror_exporter.core.reading import MirrorReading

TOO_OLD = "the last reading is too old"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFallback:
    """The fallback of one topic, by the source topic's name; empty for a whole mirror.

    `engaged` is null while it is not known: go on as before. `since` is when it last changed, in seconds
    since the epoch. While `blind` a release could not be decided, and the reason says why.
    """

    topic: str
    target_topic: str | None
    engaged: bool | None
    since: float | None
    reason: str
    blind: bool


def topic_fallbacks(reading: MirrorReading, *, is_stale: bool) -> tuple[TopicFallback, ...]:
    """What holds for each topic; empty where the fallback is off."""
    if reading.fallback is None:
        return ()
    states, remote = reading.fallback.states, {t.topic: t.target_topic for t in reading.topics}
    if not reading.fallback.is_by_mirror:
        return tuple(
            _view(topic, remote.get(topic), state, is_stale) for topic, state in sorted(states.items())
        )
    state = states.get(WHOLE_MIRROR, FallbackState())
    named = (topic.topic for topic in reading.topics if topic.fallback_threshold is not None)
    return tuple(_view(topic, remote[topic], state, is_stale) for topic in sorted(named))


def unit_fallback(reading: MirrorReading, unit: str, *, is_stale: bool) -> TopicFallback | None:
    """What holds for what is engaged by itself, a topic or `WHOLE_MIRROR`; None if there is no such thing."""
    state = reading.fallback.states.get(unit) if reading.fallback is not None else None
    if state is None:
        return None
    remote = next((topic.target_topic for topic in reading.topics if topic.topic == unit), None)
    return _view(unit, remote, state, is_stale)


def is_any_engaged(fallbacks: Iterable[TopicFallback]) -> bool | None:
    """True if one is, False if all are known not to be; None else, and for none at all."""
    engaged = [fallback.engaged for fallback in fallbacks]
    if True in engaged:
        return True
    return False if engaged and None not in engaged else None


def _view(topic: str, remote: str | None, state: FallbackState, is_stale: bool) -> TopicFallback:  # noqa: FBT001 - the callers name it
    blind = TOO_OLD if is_stale else state.blind
    return TopicFallback(
        topic=topic,
        target_topic=remote,
        engaged=state.engaged,
        since=state.since,
        reason=f"{state.reason}; blind: {blind}" if blind else state.reason,
        blind=bool(blind),
    )
