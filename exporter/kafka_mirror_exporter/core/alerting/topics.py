"""What is wrong with topics by one reading, as the rules see it in their series."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isnan

from kafka_mirror_exporter.core.alerting import texts
from kafka_mirror_exporter.core.alerting.alert import Condition, Labels
from kafka_mirror_exporter.core.alerting.humanize import humanize, humanize_duration
from kafka_mirror_exporter.core.alerting.memory import AlertMemory
from kafka_mirror_exporter.core.alerting.texts import AlertText
from kafka_mirror_exporter.core.breaches import Suspicion, breach_at
from kafka_mirror_exporter.core.fallback import Breach
from kafka_mirror_exporter.core.judgement import TopicJudgement
from kafka_mirror_exporter.core.reading import JUDGED_STATES, NO_OFFSET, MirrorReading, PartitionColumns

_UNMOVED_SECONDS = 30.0
_LOSS_IS_TOLD_SECONDS = 86_400.0
_LEAST_HEADROOM_SECONDS = 3_600.0
_LEAST_SHARE_OF_LOG = 0.1
_HANGS_AFTER = ((60.0, texts.TRANSACTION_HANGING), (900.0, texts.TRANSACTION_HANGING_LONG))


def topic_conditions(
    reading: MirrorReading, judged: Sequence[TopicJudgement], memory: AlertMemory
) -> Iterator[Condition]:
    """All that holds of topics."""
    sees_both = all(side.up for side in reading.sides.values())
    for topic in judged:
        labels = (("topic", topic.topic.topic),)
        if topic.topic.state in JUDGED_STATES:
            yield from _late(reading, topic, memory, labels)
            yield from _held_back(reading.partitions, topic, labels)
            yield from _unknown(reading.partitions, topic, labels, sees_both=sees_both)
        elif topic.topic.state == "awaiting_target":
            yield Condition(text=texts.NOT_MIRRORED, labels=labels)
        if topic.topic.state in (*JUDGED_STATES, "awaiting_target"):
            yield from _lost(reading, topic, memory, labels)


def _late(
    reading: MirrorReading, topic: TopicJudgement, memory: AlertMemory, labels: Labels
) -> Iterator[Condition]:
    page, fallback = topic.topic.drift_threshold, topic.topic.fallback_threshold
    late = _breaches(reading, topic, page, memory.late)
    if late:
        yield _behind(texts.DRIFT_HIGH, labels, late)
        yield from _stalled(reading, labels, late, memory)
        yield from _about_to_be_deleted(reading, labels, late, memory)
    needed = _breaches(reading, topic, fallback, memory.needed) if reading.fallback is not None else {}
    if needed:
        yield _behind(texts.FALLBACK_NEEDED, labels, needed)


def _breaches(
    reading: MirrorReading, topic: TopicJudgement, threshold: float | None, suspicion: Suspicion
) -> dict[int, Breach]:
    """The believed breaches of a topic, by row."""
    if threshold is None:
        return {}
    found = {row: breach_at(reading.partitions, row, threshold) for row in topic.rows}
    return {row: breach for row, breach in found.items() if breach is not None and suspicion.confirms(breach)}


def _worst(breaches: dict[int, Breach]) -> Breach:
    return max(breaches.values(), key=lambda breach: breach.drift)


def _behind(text: AlertText, labels: Labels, breaches: dict[int, Breach]) -> Condition:
    worst = _worst(breaches)
    fields = {"partition": str(worst.partition), "threshold": humanize_duration(worst.threshold)}
    return _seconds(text, labels, worst.drift, **fields)


def _seconds(text: AlertText, labels: Labels, seconds: float, **fields: str) -> Condition:
    return Condition(text=text, labels=labels, fields=fields | {"seconds": humanize_duration(seconds)})


def _stalled(
    reading: MirrorReading, labels: Labels, late: dict[int, Breach], memory: AlertMemory
) -> Iterator[Condition]:
    columns, now = reading.partitions, reading.measured_monotonic
    stood = {row: memory.standing.seconds(columns.index[row], columns.position[row], now=now) for row in late}
    still = {row: late[row] for row, seconds in stood.items() if seconds >= _UNMOVED_SECONDS}
    if still:
        worst = _worst(still)
        yield _seconds(texts.STALLED, labels, worst.drift, partition=str(worst.partition))


def _about_to_be_deleted(
    reading: MirrorReading, labels: Labels, late: dict[int, Breach], memory: AlertMemory
) -> Iterator[Condition]:
    columns = reading.partitions
    rows = [row for row in late if _has_little_headroom(reading, row, memory)]
    if not rows:
        return
    known = [columns.headroom[row] for row in late if not isnan(columns.headroom[row])]
    when = texts.DELETED_IN.format(seconds=humanize_duration(min(known))) if known else texts.DELETED_SOON
    yield _seconds(texts.RETENTION_RISK, labels, _worst({row: late[row] for row in rows}).drift, when=when)


def _has_little_headroom(reading: MirrorReading, row: int, memory: AlertMemory) -> bool:
    columns = reading.partitions
    if columns.headroom[row] < _LEAST_HEADROOM_SECONDS:
        return True
    start, end = columns.source_log_start[row], columns.source_end[row]
    before = memory.starts.an_hour_before(columns.index[row], now=reading.measured_monotonic)
    if NO_OFFSET in (start, end, columns.position[row]) or before is None or start <= before:
        return False
    return columns.position[row] - start < _LEAST_SHARE_OF_LOG * (end - start)


def _held_back(columns: PartitionColumns, topic: TopicJudgement, labels: Labels) -> Iterator[Condition]:
    """A transaction that hangs for long pages, and is warned of all the same."""
    open_for = {row: columns.open_transaction[row] for row in topic.rows}
    longest = max(open_for, key=lambda row: -1.0 if isnan(open_for[row]) else open_for[row], default=None)
    for seconds, text in _HANGS_AFTER:
        if longest is not None and open_for[longest] > seconds:
            partition = str(columns.index[longest].partition)
            yield _seconds(text, labels, open_for[longest], partition=partition)


def _unknown(
    columns: PartitionColumns, topic: TopicJudgement, labels: Labels, *, sees_both: bool
) -> Iterator[Condition]:
    blind = [row for row in topic.rows if isnan(columns.drift[row])] if sees_both else []
    if blind:
        reasons = Counter(columns.unmeasured[row].reason for row in blind if row in columns.unmeasured)
        why = "".join(
            texts.WHY_UNMEASURED.format(reason=reason.value) for reason, _ in reasons.most_common(1)
        )
        yield _counted(texts.UNMEASURED, labels, len(blind), why=why)
    if topic.topic.unverified_partitions:
        yield _counted(texts.UNVERIFIED, labels, topic.topic.unverified_partitions)


def _counted(text: AlertText, labels: Labels, count: int, **fields: str) -> Condition:
    return Condition(text=text, labels=labels, fields=fields | {"count": f"{count:g}"})


def _lost(
    reading: MirrorReading, topic: TopicJudgement, memory: AlertMemory, labels: Labels
) -> Iterator[Condition]:
    def since_start(count: int) -> str:
        return texts.SINCE_START.format(count=humanize(count))

    lost_at = topic.topic.last_loss_timestamp
    since = None if lost_at is None else max(0.0, reading.measured_at - lost_at)
    if since is not None and since < _LOSS_IS_TOLD_SECONDS:
        yield _seconds(texts.RECORDS_LOST, labels, since, since_start=since_start(topic.lost_records))
    reset = memory.resets.seconds_since(
        topic.topic.topic, topic.position_resets, now=reading.measured_monotonic
    )
    if reset is not None:
        yield _seconds(texts.POSITION_RESET, labels, reset, since_start=since_start(topic.position_resets))
