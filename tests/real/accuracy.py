"""How far readings are from the truth."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import PartitionReading

from rig.truth import Truth

Rows = Sequence[tuple[MirrorReading, PartitionReading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Errors of all readings of a phase; `allowed` is the share of readings within their tolerance."""

    drift_errors: list[float]
    lag_errors: list[int]
    drift_within: float
    lag_within: float
    unmeasured: int
    worst: str

    def __str__(self) -> str:
        drift, lag = self.drift_errors or [0.0], self.lag_errors or [0]
        return (
            f"{len(drift)} readings: drift error median {statistics.median(drift):.3f} s, maximum {max(drift):.3f} s "
            f"({self.drift_within:.1%} within tolerance); lag error median {statistics.median(lag):g}, "
            f"maximum {max(lag)} ({self.lag_within:.1%}); {self.unmeasured} unmeasured"
            f"{'; worst: ' + self.worst if max(drift) > 1 else ''}"
        )


def accuracy(
    rows: Rows, truth: Truth, *, clock_skew_seconds: float = 0.05, is_catching_up: bool = False
) -> Accuracy:
    """Judges each row at its own moment: drift within a second and its poll's duration, lag within what moved.

    A poll reads the target before the source: any lag that was true during the poll is right. A mirror that is
    catching up copies half a minute of records in a tenth of a second: then the same holds for drift.
    """
    drift_errors, lag_errors, drift_within, lag_within, unmeasured = [], [], 0, 0, 0
    worst = ""
    for reading, row in rows:
        if row.drift_seconds is None or row.lag_records is None or row.position is None:
            unmeasured += 1
            continue
        partition, at = (row.topic, row.partition), reading.measured_monotonic
        duration = reading.poll_duration_seconds
        at_least, at_most = truth.drift(partition, at)
        before = at - duration - clock_skew_seconds
        after = at + clock_skew_seconds
        if is_catching_up:
            at_least = min(at_least, truth.drift(partition, after)[0])
            at_most = max(at_most, truth.drift(partition, before)[1] + duration)
        drift_error = max(0.0, at_least - row.drift_seconds, row.drift_seconds - at_most)
        # The position was true at some moment of the poll, and the end at some moment after it.
        least = truth.position(partition, before)
        most = truth.position(partition, after)
        lag_error = max(0, least - row.position, row.position - most)
        if not drift_errors or drift_error > max(drift_errors):
            worst = (
                f"{row.topic}-{row.partition} said {row.drift_seconds:.2f} s for {at_least:.2f} to {at_most:.2f} s, bounds "
                f"{row.drift_lower_seconds} to {row.drift_upper_seconds}, position {row.position}, "
                f"{row.lag_records} records, poll of {duration:.2f} s"
            )
        drift_errors.append(drift_error)
        lag_errors.append(lag_error)
        drift_within += drift_error <= 1.0 + duration
        lag_within += lag_error == 0
    count = max(1, len(drift_errors))
    return Accuracy(
        drift_errors=drift_errors,
        lag_errors=lag_errors,
        drift_within=drift_within / count,
        lag_within=lag_within / count,
        unmeasured=unmeasured,
        worst=worst,
    )
