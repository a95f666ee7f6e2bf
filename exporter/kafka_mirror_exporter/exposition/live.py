"""The small metrics made at scrape time, through a prometheus_client registry of our own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.registry import Collector

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.exposition.negotiation import Format
from kafka_mirror_exporter.metrics import METRICS, AtScrape, ExporterFacts, MetricSpec, OfExporter

_END_OF_OPENMETRICS = b"# EOF\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All that a scrape looks at: the readings with whether each is too old, and the clock."""

    readings: Sequence[tuple[MirrorReading, bool]]
    now_monotonic: float
    facts: ExporterFacts


class _MomentCollector(Collector):
    def __init__(self, look: Callable[[], Moment]) -> None:
        self._look = look

    def describe(self) -> Iterable[Metric]:
        """Names only, so that registering does not take a look."""
        return [_family(spec) for spec in METRICS if isinstance(spec.values, AtScrape | OfExporter)]

    def collect(self) -> Iterator[Metric]:
        """One family for each metric that is made at scrape time."""
        moment = self._look()
        for spec in METRICS:
            family = _family(spec)
            match spec.values:
                case OfExporter(samples=of_exporter):
                    for labels, value in of_exporter(moment.facts):
                        _add(family, spec, value, dict(zip(spec.labels, labels, strict=True)))
                case AtScrape(samples=at_scrape):
                    for reading, is_too_old in moment.readings:
                        mirror = {"source": reading.source, "target": reading.target}
                        for labels, value in at_scrape(reading, moment.now_monotonic, is_too_old):
                            _add(family, spec, value, mirror | dict(zip(spec.labels, labels, strict=True)))
                case _:
                    continue
            if family.samples:
                yield family


def _family(spec: MetricSpec) -> Metric:
    return Metric(spec.family, spec.help, spec.kind, spec.unit or "")


def _add(family: Metric, spec: MetricSpec, value: float, labels: dict[str, str]) -> None:
    family.add_sample(spec.name, labels, value)


class LiveMetrics:
    """Health, ages, and the metrics of the process."""

    def __init__(self, look: Callable[[], Moment]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._registry.register(_MomentCollector(look))

    def text(self, output: Format) -> str:
        """All families now, without the end mark of OpenMetrics."""
        if output == "text":
            return text_of(self._registry).decode()
        body: bytes = openmetrics_of(self._registry)  # type: ignore[no-untyped-call]  # has no types
        return body.removesuffix(_END_OF_OPENMETRICS).decode()
