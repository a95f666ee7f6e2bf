"""A mirror of three thousand partitions, of which one stands still, and of many groups."""

from array import array

from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.reading import (
    ORIGINS,
    GroupColumns,
    GroupSummary,
    MirrorReading,
    PartitionColumns,
    TopicReading,
)
from unit.exposition.hand_made import mirror_reading

TOPICS, PARTITIONS = 30, 100
GROUPS, COMMITS = 150, 10
STALLED = TopicPartition("wide-17", 42)
DRIFT, LAG, LAG_OF_OTHERS = 95.0, 9_500, 10


def wide_reading() -> MirrorReading:
    """Of wide -> redpanda: every partition is half a second behind, but for one."""
    index = tuple(TopicPartition(f"wide-{t}", p) for t in range(TOPICS) for p in range(PARTITIONS))
    columns = PartitionColumns.absent(index)
    columns.source_end[:] = array("q", [100_000]) * len(index)
    columns.target_end[:] = array("q", [99_990]) * len(index)
    columns.position[:] = array("q", [99_990]) * len(index)
    columns.lag[:] = array("q", [LAG_OF_OTHERS]) * len(index)
    columns.drift[:] = array("d", [0.5]) * len(index)
    columns.origin[:] = array("b", [ORIGINS.index("offset_sync")]) * len(index)
    at = index.index(STALLED)
    columns.lag[at], columns.drift[at], columns.position[at] = LAG, DRIFT, 100_000 - LAG
    topics = tuple(
        TopicReading(
            topic=f"wide-{number}", target_topic=f"wide.wide-{number}", state="mirroring",
            drift_threshold=15.0, fallback_threshold=120.0,
        )
        for number in range(TOPICS)
    )  # fmt: skip
    groups = tuple(
        GroupSummary(
            group=f"reader-{number}",
            state="on_source",
            judged_side="source",
            members={"source": 1, "target": 0},
        )
        for number in range(GROUPS)
    )
    return mirror_reading(
        source="wide", topics=topics, partitions=columns, groups=groups, group_columns=_commits(index)
    )


def _commits(partitions: tuple[TopicPartition, ...]) -> GroupColumns:
    """Every group has read a topic to its end on the source, and its commits are on the target, too."""
    sides: tuple[Side, ...] = ("source", "target")
    columns = GroupColumns.absent(
        tuple(
            (side, f"reader-{number}", partition)
            for side in sides
            for number in range(GROUPS)
            for partition in partitions[:COMMITS]
        )
    )
    columns.committed[:] = array("q", [99_990]) * len(columns.index)
    columns.lag[:] = array("q", [LAG_OF_OTHERS]) * len(columns.index)
    columns.lag_seconds[:] = array("d", [0.5]) * len(columns.index)
    return columns
