"""What a poll costs at 1,000 partitions on each cluster and 100 groups, on real brokers.

    python benchmarks/poll.py [--partitions 1000] [--groups 100] [--polls 10]

Starts Kafka 3.2 and 4.1, fills both by hand (the target is the source's copy, but for some partitions that stand
still), and polls with the exporter's own code: first alone, then beside scrapes. Needs Java and Maven.
"""

import argparse
import gzip
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from confluent_kafka import Producer

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.core.reading import VERIFIED, MirrorReading
from kafka_mirror_exporter.exposition import Exposition
from kafka_mirror_exporter.metrics import ExporterFacts
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.stage import Stage

TOPICS = 10
RECORDS = 20
VALUE = b"x" * 1_000
STALLED_EVERY = 50  # of so many partitions one stands still


def fill(stage: Stage, partitions: int, groups: int) -> None:
    """The same records on both sides; every fiftieth partition of the target lacks the last ones."""
    each = partitions // TOPICS
    now = int(time.time() * 1000)
    for number in range(TOPICS):
        stage.source_admin.create_topic(f"bench-{number}", partitions=each)
        stage.target_admin.create_topic(f"benchs.bench-{number}", partitions=each)
    for cluster, prefix, is_copy in ((stage.source, "", False), (stage.target, "benchs.", True)):
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0, "linger.ms": 50})
        for topic in range(TOPICS):
            for partition in range(each):
                is_stalled = (topic * each + partition) % STALLED_EVERY == 0
                for record in range(RECORDS // 2 if is_copy and is_stalled else RECORDS):
                    producer.produce(
                        f"{prefix}bench-{topic}",
                        partition=partition,
                        value=b"%d " % record + VALUE,
                        timestamp=now,
                    )
            producer.flush(60)
    offsets = {
        (f"bench-{number % TOPICS}", partition): 10
        for number in range(1)
        for partition in range(min(each, 10))
    }
    for group in range(groups):
        stage.source_admin.commit(f"bench-group-{group}", offsets)


def resident_mib() -> float:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def show(name: str, readings: list[MirrorReading]) -> None:
    """Prints the median of each stage."""
    print(
        f"{name}: poll {statistics.median(r.poll_duration_seconds for r in readings) * 1000:.0f} ms", end=""
    )
    for stage in readings[0].stages:
        print(
            f", {stage} {statistics.median(r.stages[stage].duration_seconds for r in readings) * 1000:.0f}",
            end="",
        )
    print()


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser()
    for name, default in (("partitions", 1_000), ("groups", 100), ("polls", 10)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    before = resident_mib()
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder)) as stage:
        fill(stage, wanted.partitions, wanted.groups)
        # Not through the proxies that the tests watch through.
        config = stage.config(
            "bench", source=stage.source.bootstrap_servers, target=stage.target.bootstrap_servers
        )
        exposition = Exposition(
            ExporterFacts(
                version="bench",
                revision="",
                python_version="",
                librdkafka_version="",
                is_last_reload_successful=True,
                last_reload_success_at=0.0,
            ),
            poll_interval=5.0,
            monotonic=time.monotonic,
        )
        filled = resident_mib()
        mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
        first = mirror.poll()
        began, proven = time.monotonic(), first
        while (
            any(state != VERIFIED for state in proven.partitions.verified) and time.monotonic() - began < 120
        ):
            time.sleep(1)
            proven = mirror.poll()
        took = time.monotonic() - began
        show("while positions are compared for the first time", [proven])
        print(
            f"every position compared once after {took:.0f} s, within the budget of 1 MiB/s for each cluster"
        )
        readings, cpu = [], time.process_time()
        for _ in range(wanted.polls):
            time.sleep(1)
            readings.append(mirror.poll())
        cpu = (time.process_time() - cpu) / wanted.polls
        show(f"{len(first.partitions.index)} partitions, first poll", [first])
        show("at rest", readings)
        print(
            f"CPU for each poll: {cpu * 1000:.0f} ms; unmeasured: {len(readings[-1].partitions.unmeasured)}"
        )
        spent = [sum(side.received_bytes for side in r.sides.values()) for r in (first, proven, readings[-1])]
        print(
            f"received: {(spent[1] - spent[0]) / 2**20:.1f} MiB for comparing, then "
            f"{(spent[2] - spent[1]) / wanted.polls / 1024:.0f} KiB a poll, all calls to both clusters together"
        )
        exposition.publish(readings[-1])
        started = time.perf_counter()
        body = exposition.gzipped("text")
        rendered = time.perf_counter()
        exposition.gzipped("text")
        lines = gzip.decompress(body).count(b"\n")
        print(
            f"first scrape {(rendered - started) * 1000:.1f} ms, next {(time.perf_counter() - rendered) * 1000:.2f} ms, "
            f"{len(body) / 1024:.0f} KiB compressed, {lines} lines"
        )
        print(
            f"resident: {before:.0f} MiB imported, {filled:.0f} with the producers that filled the clusters, {resident_mib():.0f} after"
        )
        mirror.close(timeout=2)


if __name__ == "__main__":
    main()
