"""Two clusters in memory, a clock, and a mirror between them, polled by the real thing."""

import re
import struct
from dataclasses import dataclass, field

from kafka_mirror_exporter.core.comparison import Comparison
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.thresholds import NameFilter, Thresholds, TopicThresholds
from kafka_mirror_exporter.core.views import PartitionReading, partition_readings
from kafka_mirror_exporter.poll.cycle import MirrorPoll
from kafka_mirror_exporter.poll.ledger import Ledger
from kafka_mirror_exporter.poll.settings import (
    Clocks,
    GroupChoice,
    MirrorMaker2Names,
    MirrorSettings,
    PolicyChoice,
    may_read_all,
)

from fake_cluster import FakeCaller, FakeCluster

EVERYTHING = NameFilter(include=(re.compile(".*"),))
SETTINGS = MirrorSettings(
    source="legacy",
    target="redpanda",
    tool="mirrormaker2",
    policy=PolicyChoice(),
    topics=EVERYTHING,
    is_default_selection=True,
    is_initial_sync=False,
    groups=GroupChoice(names=EVERYTHING),
    names=MirrorMaker2Names(),
    isolation="auto",
    consumer_group=None,
    comparison=Comparison(),
    may_read=may_read_all,
    thresholds=Thresholds(default=TopicThresholds(drift=15, fallback=120)),
    interval_seconds=5,
    timeout_seconds=4,
    max_series=200_000,
    source_bytes_per_second=1e9,
    target_bytes_per_second=1e9,
)


@dataclass(slots=True)
class Estate:
    """Two clusters, a clock, and a mirror that copies what it is told."""

    settings: MirrorSettings = SETTINGS
    source: FakeCluster = field(default_factory=FakeCluster)
    target: FakeCluster = field(default_factory=FakeCluster)
    now: float = 1_000.0
    copied: dict[TopicPartition, int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    poll: MirrorPoll | None = None

    wall_step: float = 0.0

    @property
    def wall(self) -> float:
        return self.now + 1_700_000_000 + self.wall_step

    def produce(self, topic: str, count: int, *, partition: int = 0) -> None:
        log = self.source.log(topic, partition)
        for _ in range(count):
            log.append(b"%s %d" % (topic.encode(), log.end), timestamp_ms=int(self.wall * 1000))

    def copy(self, topic: str, count: int, *, partition: int = 0) -> None:
        tp = TopicPartition(topic, partition)
        log, remote = self.source.log(*tp), self.target.log(f"legacy.{topic}", partition)
        done = self.copied.setdefault(tp, 0)
        if done == 0:
            key = struct.pack(">h", len(topic)) + topic.encode() + struct.pack(">i", partition)
            syncs = self.source.log("mm2-offset-syncs.redpanda.internal")
            syncs.append(struct.pack(">qq", 0, remote.end), key=key, timestamp_ms=0)
        for record in log.entries[done : done + count]:
            assert record is not None
            remote.append(record.value or b"", timestamp_ms=record.timestamp_ms)
        self.copied[tp] = min(done + count, log.end)

    def measure(self, *, after: float = 5.0) -> MirrorReading:
        self.now += after
        if self.poll is None:
            self.poll = MirrorPoll(
                self.settings,
                source=FakeCaller(self.source),
                target=FakeCaller(self.target),
                clocks=Clocks(monotonic=lambda: self.now, wall=lambda: self.wall),
                ledger=self.ledger,
            )
        return self.poll.run()


def one(reading: MirrorReading, topic: str, partition: int = 0) -> PartitionReading:
    """One partition's row."""
    return next(r for r in partition_readings(reading) if (r.topic, r.partition) == (topic, partition))
