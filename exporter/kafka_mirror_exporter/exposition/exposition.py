"""The body of /metrics: rendered once for each reading, put together at each scrape.

    publish(reading) ──> blocks, one for each metric of the mirror ──┐
                         (made at once if someone scraped lately,    ├─> family by family ──> gzip, or text
                          else at the next scrape)                   │
    clock, process ────> live metrics, made at the scrape ───────────┘

A family has to be contiguous while mirrors poll at different times: hence blocks by metric and mirror.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from kafka_mirror_exporter.core.freshness import old_after
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import RenderError
from kafka_mirror_exporter.exposition.blocks import Block, compressed, gzip_body, inflated
from kafka_mirror_exporter.exposition.headers import family_header
from kafka_mirror_exporter.exposition.labels import LabelBodies
from kafka_mirror_exporter.exposition.lines import line_chunks
from kafka_mirror_exporter.exposition.live import LiveMetrics, Moment
from kafka_mirror_exporter.exposition.negotiation import Format
from kafka_mirror_exporter.metrics import METRICS, AtScrape, ExporterFacts, OfExporter

_REMEMBERS_SCRAPES_SECONDS = 60.0

_OF_READINGS = tuple(spec for spec in METRICS if not isinstance(spec.values, AtScrape | OfExporter))
MirrorName = tuple[str, str]
_log = logging.getLogger(__name__)


def is_too_old(reading: MirrorReading, *, now_monotonic: float, poll_interval: float) -> bool:
    """Whether a reading no longer says how things are."""
    return now_monotonic - reading.measured_monotonic > old_after(poll_interval)


@dataclass(frozen=True, slots=True)
class _Published:
    reading: MirrorReading
    blocks: Mapping[str, Block] | None


class Exposition:
    """Takes readings from the workers and gives bodies to scrapes.

    `monotonic` is the clock that readings carry. `heavy_work` is held while a reading is rendered, in the
    thread that publishes or in the first one that scrapes; it must be reentrant if publishers hold it.
    Scrapes of what is rendered take no lock.
    """

    def __init__(
        self,
        facts: ExporterFacts,
        *,
        poll_interval: float,
        monotonic: Callable[[], float],
        heavy_work: AbstractContextManager[object] | None = None,
    ) -> None:
        self._facts = facts
        self._poll_interval = poll_interval
        self._monotonic = monotonic
        self._rendering = heavy_work or threading.RLock()
        self._published: dict[MirrorName, _Published] = {}
        self._bodies: dict[MirrorName, LabelBodies] = {}
        self._scraped_at: float | None = None
        self._live = LiveMetrics(self._moment)
        self._headers = {
            output: {spec.name: compressed([family_header(spec, output)]) for spec in _OF_READINGS}
            for output in ("text", "openmetrics")
        }
        self._end = compressed(["# EOF\n"])

    def publish(self, reading: MirrorReading) -> None:
        """Replaces the last reading of its mirror; raises `RenderError` if two of its series are the same."""
        scraped_at = self._scraped_at
        is_scraped = scraped_at is not None and self._monotonic() - scraped_at <= _REMEMBERS_SCRAPES_SECONDS
        blocks = self._render(reading) if is_scraped else None
        self._published[reading.source, reading.target] = _Published(reading, blocks)

    def record_reload(self, *, is_successful: bool, at: float) -> None:
        """What the last attempt to read the configuration came to; `at` is seconds since the epoch."""
        success_at = at if is_successful else self._facts.last_reload_success_at
        self._facts = replace(
            self._facts, is_last_reload_successful=is_successful, last_reload_success_at=success_at
        )

    def reconfigure(self, *, mirrors: Collection[MirrorName], poll_interval: float) -> None:
        """Forgets the mirrors that are gone."""
        self._poll_interval = poll_interval
        for gone in set(self._published) - set(mirrors):
            self._published.pop(gone, None)
            self._bodies.pop(gone, None)

    def gzipped(self, output: Format) -> bytes:
        """The whole body, compressed."""
        return gzip_body(self._blocks(output))

    def plain(self, output: Format) -> Iterator[bytes]:
        """The whole body in pieces, inflated as it is read."""
        return inflated(self._blocks(output))

    def _render(self, reading: MirrorReading) -> Mapping[str, Block]:
        with self._rendering:
            bodies = self._bodies.setdefault((reading.source, reading.target), LabelBodies())
            blocks = ((spec.name, compressed(line_chunks(spec, reading, bodies))) for spec in _OF_READINGS)
            return {name: block for name, block in blocks if block is not None}

    def _rendered(self, mirror: MirrorName, published: _Published) -> _Published:
        if published.blocks is not None:
            return published
        with self._rendering:
            # Others who waited for the same rendering find it done, or a newer reading.
            published = self._published.get(mirror, published)
            if published.blocks is not None:
                return published
            try:
                rendered = _Published(published.reading, self._render(published.reading))
            except RenderError as error:
                # The other mirrors are still to be served.
                _log.error("mirror %s -> %s is left out of /metrics: %s", *mirror, error)
                rendered = _Published(published.reading, {})
            if self._published.get(mirror) is published:
                self._published[mirror] = rendered
            return rendered

    def _blocks(self, output: Format) -> list[Block]:
        self._scraped_at = self._monotonic()
        mirrors = [self._rendered(mirror, last) for mirror, last in sorted(self._published.copy().items())]
        blocks: list[Block | None] = []
        for spec in _OF_READINGS:
            samples = [
                published.blocks[spec.name]
                for published in mirrors
                if published.blocks is not None
                and spec.name in published.blocks
                and (spec.stays_when_stale or not self._is_too_old(published.reading))
            ]
            if samples:
                blocks += [self._headers[output][spec.name], *samples]
        blocks.append(compressed([self._live.text(output)]))
        if output == "openmetrics":
            blocks.append(self._end)
        return [block for block in blocks if block is not None]

    def _is_too_old(self, reading: MirrorReading) -> bool:
        return is_too_old(reading, now_monotonic=self._monotonic(), poll_interval=self._poll_interval)

    def _moment(self) -> Moment:
        readings = [published.reading for _, published in sorted(self._published.copy().items())]
        return Moment(
            readings=[(reading, self._is_too_old(reading)) for reading in readings],
            now_monotonic=self._monotonic(),
            facts=self._facts,
        )
