"""A site around readings made by hand, with clocks that stand still."""

from collections.abc import Callable
from typing import Any

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import Latest
from kafka_mirror_exporter.web.site import Site
from unit.exposition.scraping import FakeClock, exposition_of

MIRROR = ("legacy", "redpanda")


def site_of(*readings: MirrorReading, clock: Callable[[], float] | None = None, **changes: Any) -> Site:
    monotonic = clock or FakeClock(1001.0)
    latest = Latest(now_monotonic=1000.0)
    for reading in readings:
        latest.publish(reading)
    facts: dict[str, Any] = {
        "latest": latest,
        "exposition": exposition_of(*readings, clock=monotonic),
        "mirrors": lambda: [MIRROR],
        "poll_interval": lambda: 5.0,
        "is_ready": lambda: True,
        "reload": None,
        "clock": lambda: 1790000001.0,
        "monotonic": monotonic,
        "version": "1.2.3",
    }
    return Site(**facts | changes)
