"""Seconds behind: how long the first record beyond an offset has been waiting.

Record timestamps lie (producers' clocks, back-dated events); our own observations of the log's end do
not, but are as coarse as the polls. So the bounds come from what we saw, and the timestamp gives the
precision inside them:

    drift = clamp(now - timestamp, lower = now - by, upper = now - after)

Without a timestamp it is the middle of the bounds. Without an upper bound (no history yet) it rests on the
timestamp alone; without either it is not known. Once a bound was seen, it holds for as long as the offset
stays the first unread one, so a stall is as exact after an hour as after a minute.
"""

from dataclasses import dataclass
from enum import IntEnum

from kafka_mirror_exporter.core.history import AppendTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Seconds behind, and the bounds it surely lies in; `upper` is None where nothing was seen before.

    `seconds` is None where neither history nor timestamp tells: only `lower` is known then.
    """

    seconds: float | None
    lower: float
    upper: float | None

    def __post_init__(self) -> None:
        if self.seconds is not None and self.seconds < self.lower:
            raise ValueError("drift below its lower bound")
        if self.seconds is not None and self.upper is not None and self.seconds > self.upper:
            raise ValueError("drift above its upper bound")


CAUGHT_UP = Drift(seconds=0.0, lower=0.0, upper=0.0)


def drift(appended: AppendTime, *, now: float, record_age: float | None) -> Drift:
    """How long the record appended at `appended` has been waiting.

    `now` is our monotonic clock when the end offsets were read; `record_age` is the wall clock at that
    moment minus the record's timestamp, in seconds, where the record has been read.
    """
    lower = max(0.0, now - appended.by)
    if appended.after is None:
        return Drift(seconds=None if record_age is None else max(record_age, lower), lower=lower, upper=None)
    upper = max(lower, now - appended.after)
    middle = (lower + upper) / 2
    return Drift(
        seconds=middle if record_age is None else min(max(record_age, lower), upper), lower=lower, upper=upper
    )


class TimestampUse(IntEnum):
    """What reading a record's timestamp would be good for; lower comes first."""

    ONLY_EVIDENCE = 0
    DECIDES = 1
    SHARPENS = 2
    POLISHES = 3


def timestamp_use(appended: AppendTime, *, now: float, thresholds: tuple[float, ...]) -> TimestampUse | None:
    """What the timestamp of a record would be good for; None where the bounds say enough.

    It is the only evidence without an upper bound, decides where a threshold lies within the bounds, and
    sharpens bounds wider than a second (polishes, where the record may just have come).
    """
    if appended.after is None:
        return TimestampUse.ONLY_EVIDENCE
    lower, upper = now - appended.by, now - appended.after
    if any(lower < threshold <= upper for threshold in thresholds):
        return TimestampUse.DECIDES
    if upper - lower <= 1.0:
        return None
    return TimestampUse.SHARPENS if lower > 0 else TimestampUse.POLISHES
