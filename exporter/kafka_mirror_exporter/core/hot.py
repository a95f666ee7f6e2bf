"""Which partitions are so close to a decision that the next poll is too late to look at them again."""

from collections.abc import Iterable
from math import inf, isnan

from kafka_mirror_exporter.core.fallback import WHOLE_MIRROR
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import JUDGED_STATES, MirrorReading

_SHARE_OF_THRESHOLD = 1 / 3


def hot_partitions(reading: MirrorReading, *, at_most: int) -> tuple[TopicPartition, ...]:
    """Those past a third of their topic's lower threshold, and all of topics that may be released.

    Where there are too many, the worst partition of every topic comes first, then whoever is furthest behind.
    """
    limits, engaged = _limits(reading), _engaged_topics(reading)
    columns = reading.partitions
    worst: dict[str, float] = {}
    found: list[tuple[float, TopicPartition]] = []
    for row, tp in enumerate(columns.index):
        drift, lower = columns.drift[row], columns.drift_lower[row]
        waited = lower if isnan(drift) else drift
        if waited > limits.get(tp.topic, inf) or tp.topic in engaged:
            found.append((0.0 if isnan(waited) else waited, tp))
            worst[tp.topic] = max(worst.get(tp.topic, 0.0), found[-1][0])
    if len(found) > at_most:
        found.sort(key=lambda entry: (entry[0] < worst[entry[1].topic], -entry[0]))
    return tuple(sorted(tp for _, tp in found[:at_most]))


def _limits(reading: MirrorReading) -> dict[str, float]:
    limits = {}
    for topic in reading.topics:
        thresholds = [t for t in (topic.drift_threshold, topic.fallback_threshold) if t is not None]
        if topic.state in JUDGED_STATES and thresholds:
            limits[topic.topic] = _SHARE_OF_THRESHOLD * min(thresholds)
    return limits


def _engaged_topics(reading: MirrorReading) -> frozenset[str]:
    if reading.fallback is None:
        return frozenset()
    engaged: Iterable[str] = [unit for unit, state in reading.fallback.states.items() if state.engaged]
    if WHOLE_MIRROR in engaged:
        engaged = [t.topic for t in reading.topics if t.fallback_threshold is not None]
    return frozenset(engaged)
