"""check: a few samples, and a table of what is past its threshold."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from kafka_mirror_exporter.app.exporter import open_mirrors
from kafka_mirror_exporter.cli.options import (
    ClusterOptions,
    cluster_options,
    duration,
    log_options,
    output_option,
)
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.verdict import (
    GroupVerdict,
    PartitionVerdict,
    confirmed_late,
    judge_groups,
    judge_partitions,
    unmeasured_sides,
)

_LATE, _UNMEASURED = 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """One mirror's verdicts after the last sample."""

    reading: MirrorReading
    partitions: list[PartitionVerdict]
    groups: list[GroupVerdict]
    late_partitions: list[PartitionVerdict]
    late_groups: list[GroupVerdict]

    @property
    def is_late(self) -> bool:
        return bool(self.late_partitions or self.late_groups)

    @property
    def unmeasured(self) -> list[str]:
        """One sentence for each thing that could not be measured."""
        reading = self.reading
        sentences = [f"{side}: {why.detail}" for side, why in unmeasured_sides(reading).items()]
        if sentences:
            return sentences
        verdicts: list[PartitionVerdict | GroupVerdict] = [*self.partitions, *self.groups]
        for verdict in verdicts:
            why = verdict.unmeasured
            if why is not None:
                row = verdict.reading
                sentences.append(f"{row.topic} partition {row.partition}: {why.reason}: {why.detail}")
        sentences += [
            f"group {group.group}: {group.unmeasured.reason}: {group.unmeasured.detail}"
            for group in reading.groups
            if group.unmeasured is not None
        ]
        sentences += sorted(
            {
                f"{t.unmeasured.reason}: {t.unmeasured.detail}"
                for t in reading.topics
                if t.unmeasured is not None
            }
        )
        return sentences


@click.command("check")
@cluster_options
@log_options
@output_option
@click.option(
    "--samples", default=2, show_default=True, type=click.IntRange(1, 100), help="How often to measure."
)
@click.option("--interval", default="3s", show_default=True, callback=duration, help="Between two samples.")
@click.option("--topic", help="Only this source topic.")
@click.option("--group", help="Only this consumer group.")
@click.option(
    "--threshold", callback=duration, help="Seconds behind that count as late, for all topics and groups."
)
@click.option("--all", "shows_all", is_flag=True, help="Show what is in order, too.")
def command(
    *,
    clusters: ClusterOptions,
    output: str,
    samples: int,
    interval: float,
    topic: str | None,
    group: str | None,
    threshold: float | None,
    shows_all: bool,
) -> int:
    """Measures a few times and says what is past its threshold.

    Ends with 0 if nothing is, 1 if something is, 3 if something could not be measured.
    """
    config = clusters.load().config
    with open_mirrors(config) as mirrors:
        rounds: list[list[MirrorReading]] = []
        for number in range(samples):
            if number:
                time.sleep(interval)
            rounds.append([mirror.poll() for mirror in mirrors])
    findings = [
        _findings([sample[at] for sample in rounds], topic=topic, group=group, threshold=threshold)
        for at in range(len(mirrors))
    ]
    if output == "json":
        json.dump([_as_json(found, shows_all=shows_all) for found in findings], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _print_tables(findings, shows_all=shows_all)
    if any(found.is_late for found in findings):
        return _LATE
    return _UNMEASURED if any(found.unmeasured for found in findings) else 0


def _findings(
    readings: Sequence[MirrorReading], *, topic: str | None, group: str | None, threshold: float | None
) -> _Findings:
    def partitions(reading: MirrorReading) -> list[PartitionVerdict]:
        if group is not None and topic is None:
            return []
        verdicts = judge_partitions(reading, threshold=threshold)
        return [v for v in verdicts if topic in (None, v.reading.topic)]

    def groups(reading: MirrorReading) -> list[GroupVerdict]:
        verdicts = judge_groups(reading, threshold=threshold)
        return [v for v in verdicts if group in (None, v.reading.group) and topic in (None, v.reading.topic)]

    last = readings[-1]
    earlier = readings[-2] if len(readings) > 1 else last
    late_before = {
        (v.reading.side, v.reading.group, v.reading.topic, v.reading.partition) for v in groups(earlier)
    }
    return _Findings(
        reading=last,
        partitions=partitions(last),
        groups=groups(last),
        late_partitions=confirmed_late(partitions(last), partitions(earlier)),
        late_groups=[
            v
            for v in groups(last)
            if v.is_late
            and (v.reading.side, v.reading.group, v.reading.topic, v.reading.partition) in late_before
        ],
    )


def _as_json(found: _Findings, *, shows_all: bool) -> dict[str, Any]:
    partitions = found.partitions if shows_all else found.late_partitions
    groups = found.groups if shows_all else found.late_groups
    return {
        "source": found.reading.source,
        "target": found.reading.target,
        "measured_at": found.reading.measured_at,
        "partitions": [
            {
                "topic": v.reading.topic,
                "partition": v.reading.partition,
                "lag_records": v.reading.lag_records,
                "drift_seconds": v.reading.drift_seconds,
                "drift_lower_seconds": v.reading.drift_lower_seconds,
                "drift_upper_seconds": v.reading.drift_upper_seconds,
                "threshold_seconds": v.threshold,
                "origin": v.reading.origin,
                "is_late": v in found.late_partitions,
            }
            for v in partitions
        ],
        "groups": [
            {
                "group": v.reading.group,
                "state": v.reading.state,
                "side": v.reading.side,
                "topic": v.reading.topic,
                "partition": v.reading.partition,
                "lag_records": v.reading.lag_records,
                "lag_seconds": v.reading.lag_seconds,
                "threshold_seconds": v.threshold,
                "is_late": v in found.late_groups,
            }
            for v in groups
        ],
        "unmeasured": found.unmeasured,
    }


def _print_tables(findings: Sequence[_Findings], *, shows_all: bool) -> None:
    from rich.console import Console  # noqa: PLC0415  # only for people
    from rich.table import Table  # noqa: PLC0415  # as above

    console = Console(highlight=False, soft_wrap=True)
    for found in findings:
        name = f"{found.reading.source} -> {found.reading.target}"
        rows: list[tuple[str, ...]] = [
            (
                "mirror",
                v.reading.topic,
                str(v.reading.partition),
                *_numbers(v.reading.lag_records, v.reading.drift_seconds, v.threshold),
                v.reading.origin,
            )
            for v in (found.partitions if shows_all else found.late_partitions)
        ]
        rows += [
            (
                f"group {v.reading.group} on the {v.reading.side}",
                v.reading.topic,
                str(v.reading.partition),
                *_numbers(v.reading.lag_records, v.reading.lag_seconds, v.threshold),
                v.reading.state,
            )
            for v in (found.groups if shows_all else found.late_groups)
        ]
        if rows:
            table = Table(
                "who",
                "topic",
                "partition",
                "records behind",
                "seconds behind",
                "threshold",
                "origin / state",
                title=name,
            )
            for row in rows:
                table.add_row(*row)
            console.print(table)
        else:
            what = "nothing that was measured" if found.unmeasured else "nothing"
            console.print(f"{name}: {what} is past its threshold")
        for sentence in found.unmeasured:
            console.print(f"not measured: {sentence}", markup=False)


def _numbers(records: int | None, seconds: float | None, threshold: float | None) -> tuple[str, str, str]:
    return (
        "unknown" if records is None else f"{records:,}",
        "unknown" if seconds is None else f"{seconds:.1f}",
        "off" if threshold is None else f"{threshold:g}",
    )
