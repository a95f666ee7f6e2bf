"""Readings of an estate of any size, made by hand: a drift for each partition, and all else to match."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import ORIGINS, MirrorReading, PartitionColumns, TopicReading
from unit.exposition.hand_made import mirror_reading, side_health

Drift = Callable[[int, int], float | None]
STARTED_AT, STARTED_MONOTONIC = 1790000000.0, 1000.0
_RECORDS_A_SECOND, _END = 40, 2_000_000
_UP = {
    "source": replace(side_health(), brokers_failing=0),
    "target": replace(side_health(), brokers_failing=0),
}


def names(count: int) -> list[str]:
    """Names as estates have them."""
    areas = ("orders", "payments.charges", "inventory", "audit.trail", "shipping.labels", "catalogue.prices")
    return [areas[n] if n < len(areas) else f"{areas[n % len(areas)]}.{n:03}" for n in range(count)]


def estate(
    topics: Sequence[str], partitions: int, drift: Drift, *, at: float = 0.0, **changes: Any
) -> MirrorReading:
    """As of `at` seconds after the start; `drift(topic, partition)` is None where it is unmeasured."""
    index = tuple(TopicPartition(topic, n) for topic in topics for n in range(partitions))
    found = [drift(t, n) for t in range(len(topics)) for n in range(partitions)]
    drifts = [float("nan") if value is None else value for value in found]
    lags = [-1 if value is None else int(value * _RECORDS_A_SECOND) for value in found]
    unmeasured = {
        row: Unmeasured(Reason.LEADER_UNREACHABLE, "broker 3") for row, v in enumerate(found) if v is None
    }
    origin = ORIGINS.index("offset_sync")
    columns = replace(
        PartitionColumns.absent(index),
        source_log_start=array("q", [100]) * len(index),
        source_end=array("q", [_END]) * len(index),
        target_log_start=array("q", [0]) * len(index),
        target_end=array("q", [_END - 100 - max(lag, 0) for lag in lags]),
        position=array("q", [-1 if lag < 0 else _END - lag for lag in lags]),
        origin=array("b", [origin if lag >= 0 else ORIGINS.index("unmeasured") for lag in lags]),
        origin_age=array("d", [0.8]) * len(index),
        verified=array("b", [int(lag >= 0) for lag in lags]),
        lag=array("q", lags),
        drift=array("d", drifts),
        drift_lower=array("d", [max(0.0, value - 0.4) for value in drifts]),
        drift_upper=array("d", [value + 0.5 for value in drifts]),
        unmeasured=unmeasured,
    )
    facts = {"sides": _UP, "groups": (), "polls": 1 + int(at / 5)} | changes
    return mirror_reading(
        measured_at=STARTED_AT + at,
        measured_monotonic=STARTED_MONOTONIC + at,
        partitions=columns,
        topics=tuple(topic_reading(name) for name in topics),
        **facts,
    )


def topic_reading(name: str) -> TopicReading:
    """A topic that is being mirrored, with the thresholds of the defaults."""
    return TopicReading(
        topic=name,
        target_topic=f"legacy.{name}",
        state="mirroring",
        drift_threshold=15.0,
        fallback_threshold=120.0,
    )
