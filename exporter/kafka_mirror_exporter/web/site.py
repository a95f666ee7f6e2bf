"""What the web pages are given: the last readings, the exposition, and a few callables."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.exposition import Exposition, is_too_old
from kafka_mirror_exporter.latest import Latest, MirrorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that answers are made of.

    `mirrors` and `poll_interval` follow reloads. `reload` raises `ConfigError` where the file is bad and
    is None where reloading over HTTP is off; it runs in a thread of the pool. `clock` is seconds since
    the epoch, `monotonic` the clock that readings carry, `instance` what this exporter calls itself.
    """

    latest: Latest
    exposition: Exposition
    mirrors: Callable[[], Sequence[MirrorName]]
    poll_interval: Callable[[], float]
    is_ready: Callable[[], bool]
    reload: Callable[[], None] | None
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    version: str
    instance: Callable[[], str] = socket.gethostname

    def is_stale(self, reading: MirrorReading) -> bool:
        """Whether a reading no longer says how things are."""
        return is_too_old(reading, now_monotonic=self.monotonic(), poll_interval=self.poll_interval())

    def age_seconds(self, reading: MirrorReading) -> float:
        """How long ago a reading was taken, by our own clock."""
        return max(0.0, self.monotonic() - reading.measured_monotonic)
