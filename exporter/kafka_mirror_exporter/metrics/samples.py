"""Reading -> the few samples of mirrors, topics and groups as a whole; absent values give no sample."""

from collections.abc import Iterable, Iterator
from math import isnan

from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.reading import NO_OFFSET, ORIGINS, MirrorReading
from kafka_mirror_exporter.metrics.spec import ExporterFacts, Sample


def _present(labels: tuple[str, ...], value: float | None) -> Iterator[Sample]:
    if value is not None:
        yield labels, value


def build_info(facts: ExporterFacts) -> Iterable[Sample]:
    """What is running."""
    yield (facts.version, facts.revision, facts.python_version, facts.librdkafka_version), 1


def mirror_info(reading: MirrorReading) -> Iterable[Sample]:
    """What was found or configured about the mirror."""
    facts = reading.facts
    exactly_once = "true" if facts.exactly_once else "false"
    mirror = (facts.source_alias, facts.target_alias, facts.policy, facts.separator)
    yield (*mirror, facts.isolation_level, exactly_once), 1


def cluster_up(reading: MirrorReading, _now: float, is_stale: bool) -> Iterable[Sample]:  # noqa: FBT001 - one shape for all samples made at scrape
    """Whether the clusters answered; a reading that is too old proves nothing."""
    for side, health in reading.sides.items():
        yield (side,), int(health.up and not is_stale)


def data_age(reading: MirrorReading, now: float, _is_stale: bool) -> Iterable[Sample]:  # noqa: FBT001 - as above
    """How old the newest good result of each stage is now."""
    for stage, health in reading.stages.items():
        if health.last_success_monotonic is not None:
            yield (stage,), max(0.0, now - health.last_success_monotonic)


def brokers(reading: MirrorReading) -> Iterable[Sample]:
    """Brokers that answered and that did not."""
    for side, health in reading.sides.items():
        yield (side, "answering"), health.brokers_answering
        yield (side, "failing"), health.brokers_failing


def last_success(reading: MirrorReading) -> Iterable[Sample]:
    """The moment of the newest good result of each stage."""
    for stage, health in reading.stages.items():
        yield from _present((stage,), health.last_success_at)


def topic_info(reading: MirrorReading) -> Iterable[Sample]:
    """Source topics that have a target topic."""
    return (((t.topic, t.target_topic), 1) for t in reading.topics if t.target_topic is not None)


def drift_thresholds(reading: MirrorReading) -> Iterable[Sample]:
    """The thresholds that are not off."""
    for topic in reading.topics:
        yield from _present((topic.topic, "page"), topic.drift_threshold)
        yield from _present((topic.topic, "fallback"), topic.fallback_threshold)


def group_thresholds(reading: MirrorReading) -> Iterable[Sample]:
    """The thresholds of groups that are not off."""
    yield from _present(("lag",), reading.group_lag_threshold)
    yield from _present(("drift",), reading.group_drift_threshold)


def partitions_by_origin(reading: MirrorReading) -> Iterable[Sample]:
    """Every origin, also those without a partition."""
    origins = reading.partitions.origin.tolist()
    return (((name,), origins.count(number)) for number, name in enumerate(ORIGINS))


def unmeasured(reading: MirrorReading) -> Iterable[Sample]:
    """Partitions without a position or drift, but for those whose whole cluster is away."""
    columns = reading.partitions
    for row, why in columns.unmeasured.items():
        is_measured = columns.position[row] != NO_OFFSET and not isnan(columns.drift[row])
        if not is_measured and why.reason is not Reason.CLUSTER_UNREACHABLE:
            topic, partition = columns.index[row]
            yield (topic, str(partition), why.reason.value), 1


def catch_up(reading: MirrorReading) -> Iterable[Sample]:
    """Topics that are behind and gaining."""
    for topic in reading.topics:
        yield from _present((topic.topic,), topic.catch_up_seconds)


def last_loss(reading: MirrorReading) -> Iterable[Sample]:
    """Topics that lost records."""
    for topic in reading.topics:
        yield from _present((topic.topic,), topic.last_loss_timestamp)


def fallback_engaged(reading: MirrorReading) -> Iterable[Sample]:
    """Topics of which it is known; one sample without a topic where a mirror is engaged as a whole."""
    if reading.fallback is not None:
        for topic, state in reading.fallback.states.items():
            yield from _present((topic,), None if state.engaged is None else int(state.engaged))


def fallback_blind(reading: MirrorReading, _now: float, is_stale: bool) -> Iterable[Sample]:  # noqa: FBT001 - one shape for all samples made at scrape
    """Whether a release could be decided; by a reading that is too old nothing can."""
    if reading.fallback is not None:
        for topic, state in reading.fallback.states.items():
            yield (topic,), int(is_stale or bool(state.blind))


def fallback_transitions(reading: MirrorReading) -> Iterable[Sample]:
    """Changes since start, where there is a fallback."""
    if reading.fallback is not None:
        for to, count in reading.fallback.transitions.items():
            yield (to,), count


def group_members(reading: MirrorReading) -> Iterable[Sample]:
    """Members by side, where they could be asked for."""
    for group in reading.groups:
        for side, members in group.members.items():
            yield (side, group.group), members


def heartbeat(reading: MirrorReading) -> Iterable[Sample]:
    """The last heartbeat, where there is one."""
    return _present((), reading.heartbeat_timestamp)
