"""The last reading of every mirror, swapped whole, and when its worker last showed life."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType

from kafka_mirror_exporter.core.reading import MirrorReading

_log = logging.getLogger(__name__)

MirrorName = tuple[str, str]
Follower = Callable[[MirrorReading], None]


class Latest:
    """Written by the workers, each its own mirror; read by all without a lock.

    Every change replaces a whole mapping, so that what a reader took stays as it was. Moments are
    readings of the monotonic clock.
    """

    def __init__(self, *, now_monotonic: float) -> None:
        self._started_at = now_monotonic
        self._readings: Mapping[MirrorName, MirrorReading] = MappingProxyType({})
        self._alive_at: dict[MirrorName, float] = {}
        self._followers: tuple[Follower, ...] = ()

    def publish(self, reading: MirrorReading) -> None:
        """Replaces the last reading of its mirror."""
        self.revise(reading)
        for follower in self._followers:
            _tell(follower, reading)

    def revise(self, reading: MirrorReading) -> None:
        """Replaces the last reading by one of the same poll with newer decisions; followers are not told."""
        self._readings = MappingProxyType({**self._readings, (reading.source, reading.target): reading})

    def follow(self, follower: Follower) -> None:
        """Tells of every reading from now on, in the worker's thread, beginning with the last ones."""
        self._followers = (*self._followers, follower)
        for reading in self._readings.values():
            _tell(follower, reading)

    def get(self, source: str, target: str) -> MirrorReading | None:
        """The last reading of one mirror, None before its first poll."""
        return self._readings.get((source, target))

    def all(self) -> Mapping[MirrorName, MirrorReading]:
        """The last readings by (source, target)."""
        return self._readings

    def mark_alive(self, mirror: MirrorName, *, now_monotonic: float) -> None:
        """Its worker did something, were it only to find that a cluster is down."""
        self._alive_at[mirror] = now_monotonic

    def seconds_without_life(self, *, now_monotonic: float) -> float:
        """How long ago any worker last showed life, counted from the start before the first sign."""
        return now_monotonic - max(self._alive_at.copy().values(), default=self._started_at)

    def forget(self, mirror: MirrorName) -> None:
        """Drops a mirror that is no longer configured."""
        self._readings = MappingProxyType({k: v for k, v in self._readings.items() if k != mirror})
        self._alive_at.pop(mirror, None)


def _tell(follower: Follower, reading: MirrorReading) -> None:
    try:
        follower(reading)
    except Exception:  # noqa: BLE001  # who looks on must not take the poll and the metrics along
        _log.exception("%s->%s: a follower of the readings failed", reading.source, reading.target)
