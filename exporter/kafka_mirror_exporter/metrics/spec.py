"""What a row of the table of metrics says, and the six places values may come from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from kafka_mirror_exporter.core.reading import MirrorReading

Kind = Literal["gauge", "counter"]
Sample = tuple[tuple[str, ...], float]
"""The values of the labels besides source and target, and the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterFacts:
    """What the exporter knows of itself; moments are seconds since the epoch."""

    version: str
    revision: str
    python_version: str
    librdkafka_version: str
    is_last_reload_successful: bool
    last_reload_success_at: float


@dataclass(frozen=True, slots=True)
class PartitionColumn:
    """A column of `PartitionColumns`; labels are topic and partition."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideColumns:
    """A column of `PartitionColumns` for each side; labels are side, topic and partition."""

    source: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """A column of `GroupColumns`; labels are side, group, topic and partition."""

    column: str


@dataclass(frozen=True, slots=True)
class OfReading:
    """A few samples taken from a reading once, when it is rendered."""

    samples: Callable[[MirrorReading], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class AtScrape:
    """A few samples made at every scrape from the reading, our monotonic clock and "is it too old"."""

    samples: Callable[[MirrorReading, float, bool], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class OfExporter:
    """A few samples of the exporter itself, without source and target."""

    samples: Callable[[ExporterFacts], Iterable[Sample]]


Values = PartitionColumn | SideColumns | GroupColumn | OfReading | AtScrape | OfExporter


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric.

    `labels` are those besides source and target. What `stays_when_stale` is exported also when the
    reading is too old: health, and what is said of a topic as a whole.
    """

    name: str
    kind: Kind
    help: str
    values: Values
    labels: tuple[str, ...] = ()
    stays_when_stale: bool = False

    def __post_init__(self) -> None:
        if (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters and only counters end with _total")

    @property
    def family(self) -> str:
        """The name of the family in OpenMetrics, which leaves a counter's suffix to its samples."""
        return self.name.removesuffix("_total")

    @property
    def unit(self) -> str | None:
        """The unit that the family's name ends with, where it is one of the base units."""
        return next((unit for unit in ("seconds", "bytes") if self.family.endswith(f"_{unit}")), None)
