"""How long a real Prometheus takes to evaluate the shipped rules over a large estate, healthy as it mostly is."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from alerts.test_held_pages import exporter_of

from rig.process import wait_until
from rig.prometheus import Prometheus
from rig.shipped import shipped_prometheus

TOPICS, PARTITIONS, GROUPS, COMMITS = 1_000, 10, 1_000, 100
EVALUATIONS = 3
MIRROR = 'source="legacy",target="redpanda"'


def samples() -> Iterator[str]:
    """What the rules read of the exporter."""
    yield f"kafka_mirror_polls_total{{{MIRROR}}} 100"
    yield f'kafka_mirror_info{{{MIRROR},policy="default"}} 1'
    yield f'kafka_mirror_group_threshold_seconds{{{MIRROR},level="lag"}} 15'
    for side in ("source", "target"):
        yield f'kafka_mirror_cluster_up{{{MIRROR},side="{side}"}} 1'
    for topic in range(TOPICS):
        yield from samples_of_topic(f'{MIRROR},topic="topic-{topic}"')
    for group in range(GROUPS):
        yield from samples_of_group(f'{MIRROR},group="group-{group}"')


def samples_of_topic(labels: str) -> Iterator[str]:
    """A topic whose partitions are all mirrored."""
    yield f'kafka_mirror_topic_state{{{labels},state="mirroring"}} 1'
    yield f'kafka_mirror_drift_threshold_seconds{{{labels},level="page"}} 15'
    yield f"kafka_mirror_unverified_partitions{{{labels}}} 0"
    for number in range(PARTITIONS):
        own = f'{labels},partition="{number}"'
        for name in (
            "drift_seconds",
            "lag_records",
            "position_offset",
            "lost_records_total",
            "position_resets_total",
        ):
            yield f"kafka_mirror_{name}{{{own}}} 0"
        for side in ("source", "target"):
            yield f'kafka_mirror_log_start_offset{{{own},side="{side}"}} 0'
            yield f'kafka_mirror_high_watermark{{{own},side="{side}"}} 9'


def samples_of_group(labels: str) -> Iterator[str]:
    """A group that has read everything."""
    yield f'kafka_mirror_group_state{{{labels},state="on_source"}} 1'
    for number in range(COMMITS):
        own = f'{labels},side="source",topic="topic-{number}",partition="0"'
        yield f"kafka_mirror_group_committed_offset{{{own}}} 5"
        yield f"kafka_mirror_group_lag_seconds{{{own}}} 0"


def groups_of(prometheus: Prometheus) -> dict[str, Any]:
    """The groups of rules, with when and for how long each was last evaluated."""
    return {group["name"]: group for group in prometheus.rule_groups()}


def main() -> None:
    """Prints the seconds of each group, several times."""
    body = "\n".join(samples()) + "\n"
    print(
        f"{body.count(chr(10))} series, {TOPICS * PARTITIONS} partitions, {GROUPS * COMMITS} committed offsets"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        exporter_of(body) as address,
        Prometheus(Path(folder), shipped_prometheus(targets=[address], alertmanagers=[])) as prometheus,
    ):
        wait_until(
            lambda: len(prometheus.query("topic:kafka_mirror_measured:count")) == TOPICS,
            seconds=120,
            what="a scrape",
        )
        for _ in range(EVALUATIONS):
            before = {name: group["lastEvaluation"] for name, group in groups_of(prometheus).items()}
            wait_until(
                lambda before=before: all(
                    group["lastEvaluation"] != before[name] for name, group in groups_of(prometheus).items()
                ),
                seconds=60,
                what="an evaluation",
            )
            took = {name: group["evaluationTime"] for name, group in groups_of(prometheus).items()}
            print(", ".join(f"{name}: {seconds:.2f} s" for name, seconds in took.items()))


if __name__ == "__main__":
    main()
