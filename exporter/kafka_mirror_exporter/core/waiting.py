"""How much lies behind an offset of a log, in records and in seconds: for the mirror and for groups alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from kafka_mirror_exporter.core.drift import CAUGHT_UP, Drift, TimestampUse, drift, timestamp_use
from kafka_mirror_exporter.core.history import EndOffsetHistory
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What reading from an offset on has shown.

    `timestamp` (seconds since the epoch) is that of the data record at `record_offset`; both are None
    while none was found, and then nothing but holes (markers, aborted or compacted records) stands before
    `clear_up_to`.
    """

    clear_up_to: int
    record_offset: int | None = None
    timestamp: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEnds:
    """The ends of one cluster's logs at one moment, and their histories.

    `now` is our monotonic clock, `wall` the wall clock at that moment.
    """

    ends: Mapping[TopicPartition, int]
    histories: Mapping[TopicPartition, EndOffsetHistory]
    now: float
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Offsets not yet read, and for how long the first record among them has been waiting."""

    records: int
    drift: Drift


def wait_use(
    tp: TopicPartition, offset: int, *, ahead: Ahead | None, log: LogEnds, thresholds: tuple[float, ...]
) -> TimestampUse | None:
    """What reading on from an offset would be good for; None where it is known or says nothing new."""
    if ahead is not None and ahead.record_offset is not None:
        return None
    first = offset if ahead is None else max(offset, ahead.clear_up_to)
    history = log.histories.get(tp)
    appended = history.append_time(first) if history else None
    return timestamp_use(appended, now=log.now, thresholds=thresholds) if appended else None


def wait_at(tp: TopicPartition, offset: int, *, ahead: Ahead | None, log: LogEnds) -> Wait | Unmeasured:
    """How many offsets and seconds lie behind an offset of a log."""
    end = log.ends.get(tp)
    if end is None:
        return Unmeasured(Reason.LEADER_UNREACHABLE, "the end of this partition could not be read")
    first = offset
    if ahead is not None:
        first = ahead.record_offset if ahead.record_offset is not None else max(offset, ahead.clear_up_to)
    if first >= end:
        return Wait(records=0, drift=CAUGHT_UP)
    history = log.histories.get(tp)
    appended = history.append_time(first) if history else None
    if appended is None:
        return Unmeasured(Reason.TIMESTAMP_UNKNOWN, "no end beyond this offset was seen")
    age = None if ahead is None or ahead.timestamp is None else log.wall - ahead.timestamp
    return Wait(records=end - offset, drift=drift(appended, now=log.now, record_age=age))
