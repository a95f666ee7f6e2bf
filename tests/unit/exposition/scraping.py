"""What a scraper sees: the bytes, read by prometheus_client's own two parsers."""

import gzip
from collections.abc import Callable

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.exposition import Exposition, Format
from unit.exposition.hand_made import FACTS

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


class FakeClock:
    """A monotonic clock that stands at `now`."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def exposition_of(
    *readings: MirrorReading, clock: Callable[[], float] | None = None, poll_interval: float = 5.0
) -> Exposition:
    exposition = Exposition(FACTS, poll_interval=poll_interval, monotonic=clock or FakeClock())
    for reading in readings:
        exposition.publish(reading)
    return exposition


def families(exposition: Exposition, output: Format = "text") -> dict[str, Metric]:
    """Families by name; a family that occurs twice is a fault."""
    body = gzip.decompress(exposition.gzipped(output)).decode()
    parse = text_families if output == "text" else openmetrics_families
    found = list(parse(body))
    assert len({family.name for family in found}) == len(found)
    return {family.name: family for family in found}


def series(exposition: Exposition, output: Format = "text") -> Series:
    """All samples by name and labels; a series that occurs twice is a fault."""
    samples = [s for family in families(exposition, output).values() for s in family.samples]
    found = {(s.name, frozenset(s.labels.items())): s.value for s in samples}
    assert len(found) == len(samples)
    return found


def value(exposition: Exposition, name: str, **labels: str) -> float | None:
    """The value of one series of legacy -> redpanda, or None where it is absent."""
    mirror = {"source": "legacy", "target": "redpanda"} | labels
    return series(exposition).get((name, frozenset(mirror.items())))
