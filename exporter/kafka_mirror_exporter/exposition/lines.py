"""One metric of one reading -> its lines, a few thousand at a time.

The lines of samples are the same in both formats; only what stands above a family differs.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.exposition.labels import LabelBodies, label_pairs, refuse_duplicates
from kafka_mirror_exporter.metrics import (
    GroupColumn,
    MetricSpec,
    OfReading,
    PartitionColumn,
    Sample,
    SideColumns,
)

_LINES_AT_A_TIME = 4096


def number_text(value: float) -> str:
    """Integers plain, floats with all their digits."""
    return str(value) if isinstance(value, int) else repr(value)


def _column_chunks(head: str, bodies: Sequence[str], column: Sequence[float], typecode: str) -> Iterator[str]:
    is_seconds = typecode == "d"
    for start in range(0, len(column), _LINES_AT_A_TIME):
        rows = zip(
            bodies[start : start + _LINES_AT_A_TIME], column[start : start + _LINES_AT_A_TIME], strict=True
        )
        if is_seconds:
            lines = [f"{head}{body}{value!r}\n" for body, value in rows if isfinite(value)]
        else:
            lines = [f"{head}{body}{value}\n" for body, value in rows if value >= 0]
        if lines:
            yield "".join(lines)


def _sample_chunk(spec: MetricSpec, mirror_labels: str, samples: Iterable[Sample]) -> Iterator[str]:
    series, lines = [], []
    for labels, value in samples:
        own = label_pairs(spec.labels, labels)
        series.append(f"{mirror_labels},{own}" if own else mirror_labels)
        lines.append(f"{spec.name}{{{series[-1]}}} {number_text(value)}\n")
    refuse_duplicates(series, spec.name)
    if lines:
        yield "".join(lines)


def line_chunks(spec: MetricSpec, reading: MirrorReading, bodies: LabelBodies) -> Iterator[str]:
    """The lines of one metric; raises `RenderError` where two would be the same series."""
    mirror_labels = label_pairs(("source", "target"), (reading.source, reading.target))
    head = f"{spec.name}{{{mirror_labels},"
    partitions, groups = reading.partitions, reading.group_columns
    match spec.values:
        case PartitionColumn(column=name):
            column = getattr(partitions, name)
            yield from _column_chunks(head, bodies.of_partitions(partitions.index), column, column.typecode)
        case SideColumns(source=source, target=target):
            for side, of_side in (("source", source), ("target", target)):
                if of_side is not None:
                    column = getattr(partitions, of_side)
                    rows = bodies.of_partitions(partitions.index)
                    yield from _column_chunks(f'{head}side="{side}",', rows, column, column.typecode)
        case GroupColumn(column=name):
            column = getattr(groups, name)
            yield from _column_chunks(head, bodies.of_groups(groups.index), column, column.typecode)
        case OfReading(samples=samples):
            yield from _sample_chunk(spec, mirror_labels, samples(reading))
        case _:
            raise ValueError(f"{spec.name} has no values in a reading")
