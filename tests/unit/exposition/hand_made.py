"""Readings built by hand, with a value in every column."""

from array import array
from dataclasses import replace

from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackState
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import (
    ORIGINS,
    GroupColumns,
    GroupSummary,
    MirrorFacts,
    MirrorReading,
    PartitionColumns,
    SideHealth,
    StageHealth,
    TopicReading,
)
from kafka_mirror_exporter.metrics import ExporterFacts

FACTS = ExporterFacts(
    version="1.2.3",
    revision="abc",
    python_version="3.11",
    librdkafka_version="2.11",
    is_last_reload_successful=True,
    last_reload_success_at=1790000000.5,
)

ORDERS_0, ORDERS_1, AUDIT_0 = (
    TopicPartition("orders", 0),
    TopicPartition("orders", 1),
    TopicPartition("audit", 0),
)
NAN = float("nan")


def partition_columns() -> PartitionColumns:
    """orders-0 is 5 records and 2.5 s behind, orders-1 is caught up, audit-0 is unmeasured."""
    tail_match, offset_sync, unmeasured = (
        ORIGINS.index(o) for o in ("tail_match", "offset_sync", "unmeasured")
    )
    return PartitionColumns(
        index=(ORDERS_0, ORDERS_1, AUDIT_0),
        source_log_start=array("q", [10, 0, -1]),
        source_end=array("q", [105, 50, -1]),
        source_stable=array("q", [104, 50, -1]),
        target_log_start=array("q", [1, 0, 3]),
        target_end=array("q", [90, 50, 9]),
        position=array("q", [100, 50, -1]),
        origin=array("b", [tail_match, offset_sync, unmeasured]),
        origin_age=array("d", [0.5, 1.0, NAN]),
        verified=array("b", [1, 0, 0]),
        lag=array("q", [5, 0, -1]),
        drift=array("d", [2.5, 0.0, NAN]),
        drift_lower=array("d", [2.0, 0.0, NAN]),
        drift_upper=array("d", [3.0, 0.0, NAN]),
        source_timestamp=array("d", [1790000001.25, NAN, NAN]),
        target_timestamp=array("d", [1790000000.25, NAN, NAN]),
        lost=array("q", [7, 0, 0]),
        pre_mirror=array("q", [10, -1, -1]),
        resets=array("q", [0, 2, 0]),
        open_transaction=array("d", [4.5, NAN, NAN]),
        headroom=array("d", [3600.0, NAN, NAN]),
        unmeasured={2: Unmeasured(Reason.NO_WITNESS, "no sync, no stored offset")},
    )


def group_columns() -> GroupColumns:
    return GroupColumns(
        index=(("source", "billing", ORDERS_0), ("target", "billing", ORDERS_0)),
        committed=array("q", [95, 80]),
        lag=array("q", [10, -1]),
        lag_seconds=array("d", [6.25, NAN]),
        lag_lower=array("d", [6.0, NAN]),
        lag_upper=array("d", [7.0, NAN]),
        unmeasured={1: Unmeasured(Reason.LEADER_UNREACHABLE)},
    )


def topics() -> tuple[TopicReading, ...]:
    return (
        TopicReading(
            topic="orders",
            target_topic="legacy.orders",
            state="mirroring",
            drift_threshold=15.0,
            fallback_threshold=120.0,
            unverified_partitions=1,
            catch_up_seconds=12.5,
            last_loss_timestamp=1789999000.0,
        ),
        TopicReading(
            topic="audit", target_topic=None, state="blind", drift_threshold=15.0, fallback_threshold=None
        ),
    )


def side_health(*, up: bool = True) -> SideHealth:
    return SideHealth(
        up=up, brokers_answering=3, brokers_failing=1, received_bytes=1000, requests=20, budget_exhausted=2
    )


def mirror_reading(**changes: object) -> MirrorReading:
    """Of legacy -> redpanda, measured at 1000 by the monotonic clock; `changes` replace fields."""
    reading = MirrorReading(
        source="legacy",
        target="redpanda",
        measured_at=1790000000.0,
        measured_monotonic=1000.0,
        poll_duration_seconds=0.75,
        polls=3,
        sides={"source": side_health(), "target": side_health()},
        stages={
            "metadata": StageHealth(
                duration_seconds=0.1, failures=1, last_success_monotonic=990.0, last_success_at=1789999990.0
            ),
            "groups": StageHealth(
                duration_seconds=0.2, failures=4, last_success_monotonic=None, last_success_at=None
            ),
        },
        facts=MirrorFacts(
            source_alias="legacy",
            target_alias="redpanda",
            policy="default",
            separator=".",
            isolation_level="read_uncommitted",
            exactly_once=False,
        ),
        topics=topics(),
        partitions=partition_columns(),
        groups=(
            GroupSummary(group="billing", state="on_source", judged_side="source", members={"source": 2}),
        ),
        group_columns=group_columns(),
        group_lag_threshold=15.0,
        group_drift_threshold=None,
        group_drift_records_threshold=200,
        heartbeat_timestamp=1789999999.5,
        connector_tasks={("mm2-source", "RUNNING"): 4},
        series_limited=False,
        fallback=FallbackReading(
            is_by_mirror=False,
            states={"orders": FallbackState(engaged=False, since=1789999000.0)},
            transitions={"engaged": 1, "released": 1},
        ),
        notifications={("proxy:8080", "delivered"): 2},
    )
    return replace(reading, **changes)
