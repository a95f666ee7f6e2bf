"""Renders the target estate and compares with prometheus_client over the same rows.

10,000 partitions on both sides and 1,000 groups with 100 commits each on both sides. Prints CPU and wall
seconds, the size of the compressed body and resident memory. prometheus_client renders a tenth of the
rows, for all of them would take minutes and gigabytes; its figures are scaled by ten.
"""

import gc
import resource
import sys
import time
from array import array
from collections.abc import Iterator
from itertools import chain

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.reading import (
    GroupColumns,
    GroupSummary,
    MirrorFacts,
    MirrorReading,
    PartitionColumns,
    SideHealth,
    StageHealth,
    TopicReading,
)
from kafka_mirror_exporter.exposition import Exposition
from kafka_mirror_exporter.metrics import (
    METRICS,
    ExporterFacts,
    GroupColumn,
    MetricSpec,
    PartitionColumn,
    SideColumns,
)

TOPICS, PARTITIONS_OF_TOPIC = 1000, 10
GROUPS, COMMITS_OF_GROUP = 1000, 100
SHARE_FOR_PROMETHEUS_CLIENT = 10
POLLS = 5
SIDES: tuple[Side, ...] = ("source", "target")


def estate(*, share: int = 1) -> MirrorReading:
    """The target estate, or one part in `share` of its topics and groups."""
    topics = [f"payments.orders.region-{number:04d}" for number in range(TOPICS // share)]
    index = tuple(TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS_OF_TOPIC))
    groups = [f"billing-service.consumer-{number:04d}" for number in range(GROUPS // share)]
    commits = tuple(
        (side, group, index[(number * 37 + commit) % len(index)])
        for side in SIDES
        for number, group in enumerate(groups)
        for commit in range(COMMITS_OF_GROUP)
    )
    health = SideHealth(
        up=True, brokers_answering=3, brokers_failing=0, received_bytes=0, requests=0, budget_exhausted=0
    )
    stage = StageHealth(
        duration_seconds=0.1, failures=0, last_success_monotonic=time.monotonic(), last_success_at=time.time()
    )
    return MirrorReading(
        source="legacy", target="redpanda", measured_at=time.time(), measured_monotonic=time.monotonic(),
        poll_duration_seconds=1.0, polls=1, sides={"source": health, "target": health},
        stages={"watermarks": stage},
        facts=MirrorFacts(source_alias="legacy", target_alias="redpanda", policy="default", separator=".",
                          isolation_level="read_uncommitted", exactly_once=False),
        topics=tuple(TopicReading(topic=topic, target_topic=f"legacy.{topic}", state="mirroring",
                                  drift_threshold=15.0, fallback_threshold=120.0) for topic in topics),
        partitions=partitions(index),
        groups=tuple(GroupSummary(group=group, state="on_source", judged_side="source", members={"source": 3})
                     for group in groups),
        group_columns=commits_of(commits),
        group_lag_threshold=15.0, group_drift_threshold=15.0, group_drift_records_threshold=200,
    )  # fmt: skip


def partitions(index: tuple[TopicPartition, ...]) -> PartitionColumns:
    """Every partition measured, one in ten behind."""
    columns = PartitionColumns.absent(index)
    for row in range(len(index)):
        end, behind = 1_000_000 + row * 7919, row % 10 == 0
        columns.source_log_start[row] = columns.target_log_start[row] = 1000 + row
        columns.source_end[row], columns.target_end[row] = end, end - 500
        columns.position[row] = end - 120 * behind
        columns.lag[row] = 120 * behind
        columns.drift[row] = row / 777 * behind
        columns.origin[row] = 0
    return columns


def commits_of(index: tuple[tuple[Side, str, TopicPartition], ...]) -> GroupColumns:
    """Every commit measured, one in ten behind."""
    columns = GroupColumns.absent(index)
    columns.committed[:] = array("q", (5_000_000 + row * 31 for row in range(len(index))))
    columns.lag[:] = array("q", ((row % 10 == 0 and row) or 0 for row in range(len(index))))
    columns.lag_seconds[:] = array("d", (row / 777 if row % 10 == 0 else 0.0 for row in range(len(index))))
    return columns


class RowsCollector(Collector):
    """What prometheus_client's documentation proposes: fresh families from the same rows."""

    def __init__(self, reading: MirrorReading) -> None:
        self._reading = reading

    def describe(self) -> list[Metric]:
        """Nothing, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The families of the columns, which are nearly all series."""
        for spec in METRICS:
            family = Metric(spec.family, spec.help, spec.kind)
            for labels, value in self._rows(spec):
                family.add_sample(
                    spec.name, {"source": "legacy", "target": "redpanda"} | dict(labels), float(value)
                )
            yield family

    def _rows(self, spec: MetricSpec) -> Iterator[tuple[dict[str, str], float]]:
        columns, groups = self._reading.partitions, self._reading.group_columns
        match spec.values:
            case PartitionColumn(column=name):
                rows = zip(columns.index, getattr(columns, name), strict=True)
                return (({"topic": t, "partition": str(p)}, v) for (t, p), v in rows if v >= 0)
            case SideColumns(source=source, target=target):
                return chain.from_iterable(
                    self._side(side, name)
                    for side, name in (("source", source), ("target", target))
                    if name is not None
                )
            case GroupColumn(column=name):
                commits = zip(groups.index, getattr(groups, name), strict=True)
                return (
                    ({"side": side, "group": group, "topic": t, "partition": str(p)}, v)
                    for (side, group, (t, p)), v in commits
                    if v >= 0
                )
            case _:
                return iter(())

    def _side(self, side: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
        columns = self._reading.partitions
        rows = zip(columns.index, getattr(columns, name), strict=True)
        return (({"side": side, "topic": t, "partition": str(p)}, v) for (t, p), v in rows if v >= 0)


def resident_mib() -> float:
    """Resident memory now; the peak where the system has no /proc."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - one number from the kernel
            return int(statm.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return peak_mib()


def peak_mib() -> float:
    """The most resident memory there ever was."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Prints one figure a line."""
    facts = ExporterFacts(version="bench", revision="", python_version="", librdkafka_version="",
                          is_last_reload_successful=True, last_reload_success_at=0.0)  # fmt: skip
    empty = resident_mib()
    reading = estate()
    gc.collect()
    with_reading = resident_mib()
    exposition = Exposition(facts, poll_interval=3600.0, monotonic=time.monotonic)
    exposition.gzipped("text")

    cpu, wall = [], []
    for _ in range(POLLS):
        started_cpu, started = time.process_time(), time.perf_counter()
        exposition.publish(reading)
        cpu.append(time.process_time() - started_cpu)
        wall.append(time.perf_counter() - started)
    gc.collect()
    rendered = resident_mib()
    started = time.perf_counter()
    body = exposition.gzipped("openmetrics")
    scrape = time.perf_counter() - started
    peak = peak_mib()
    series = sum(piece.count(b"\n") - piece.count(b"\n#") for piece in exposition.plain("openmetrics"))

    share = SHARE_FOR_PROMETHEUS_CLIENT
    registry = CollectorRegistry()
    registry.register(RowsCollector(estate(share=share)))
    started_cpu = time.process_time()
    plain = generate_latest(registry)
    theirs = (time.process_time() - started_cpu) * share
    ours = sorted(cpu[1:])[len(cpu[1:]) // 2]

    print(f"series                           {series:>12,}")
    print(f"first rendering, CPU s           {cpu[0]:>12.2f}   (makes the label bodies)")
    print(f"each next rendering, CPU s       {ours:>12.2f}")
    print(f"each next rendering, wall s      {sorted(wall[1:])[len(wall[1:]) // 2]:>12.2f}")
    print(f"CPU s per 100,000 series         {ours / series * 1e5:>12.3f}")
    print(f"scrape of a rendered body, ms    {scrape * 1e3:>12.1f}")
    print(f"compressed body, MiB             {len(body) / 2**20:>12.2f}")
    print(f"resident: imports, MiB           {empty:>12.0f}")
    print(f"resident: + reading, MiB         {with_reading:>12.0f}")
    print(f"resident: + rendered, MiB        {rendered:>12.0f}   (peak {peak:.0f})")
    print(f"prometheus_client, CPU s         {theirs:>12.2f}   (measured on 1/{share}, scaled; uncompressed)")
    print(f"ratio                            {theirs / ours:>12.1f}   ({plain.count(b'{') * share:,} series)")


if __name__ == "__main__":
    main()
