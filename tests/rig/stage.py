"""A source and a target side by side, scenarios on them, and recordings of what was true and what was measured.

A scenario is a coroutine that is given the stage: it makes topics of its own prefix, starts its MirrorMaker,
watches with the exporter's own code, does something to the mirror, and hands out a `Recording`. Ordinary tests
assert on recordings afterwards.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from confluent_kafka import KafkaException

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import PartitionReading, partition_readings
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.admin import Admin
from rig.jars import classpath
from rig.kafka import KafkaCluster
from rig.mirrormaker import MirrorMaker
from rig.process import free_ports, wait_until
from rig.proxy import Proxy

SOURCE_VERSION, TARGET_VERSION = "3.2.0", "4.1.0"


class Stage(AbstractContextManager["Stage"]):
    """The clusters of one test run; enter it from the main thread.

    Whoever watches goes through proxies that note every request; the one before the target offers no more
    than Redpanda does.
    """

    def __init__(self, work_dir: Path, *, proxies: int = 0) -> None:
        with ThreadPoolExecutor(2) as fetching:
            list(fetching.map(classpath, [SOURCE_VERSION, TARGET_VERSION]))
        self.work_dir = work_dir
        source_ports, target_ports = free_ports(proxies + 1), free_ports(proxies + 1)
        self.source = KafkaCluster(SOURCE_VERSION, work_dir=work_dir / "source", proxied_ports=source_ports)
        self.target = KafkaCluster(TARGET_VERSION, work_dir=work_dir / "target", proxied_ports=target_ports)
        self._free = {"source": source_ports, "target": target_ports}
        self.watching: dict[str, list[Proxy]] = {"source": [], "target": []}
        self._closing: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        for cluster in (self.source, self.target):
            cluster.start()
            self._closing.append(cluster.stop)
        for cluster in (self.source, self.target):
            cluster.wait_ready()
        self.source_admin = Admin(self.source.bootstrap_servers)
        self.target_admin = Admin(self.target.bootstrap_servers)
        self.watched = {
            "source": f"127.0.0.1:{self.watching_proxy('source').port}",
            "target": f"127.0.0.1:{self.watching_proxy('target', is_like_redpanda=True).port}",
        }
        return self

    def __exit__(self, *_: object) -> None:
        for close in reversed(self._closing):
            close()

    def ends_with(self, close: Callable[[], None]) -> None:
        """Has something closed at the end, however the scenario ends."""
        self._closing.append(close)

    def target_end(self, topic: str, partition: int = 0) -> int:
        """Where a target partition ends; 0 while there is no such topic."""
        if topic not in self.target_admin.topics():
            return 0
        try:
            return self.target_admin.end(topic, partition)
        except KafkaException:  # a topic that is just being made has no leader yet
            return 0

    def proxy(self, side: str, *, is_like_redpanda: bool = False) -> Proxy:
        """A proxy before one of the clusters, whose clients come back through it."""
        cluster = self.source if side == "source" else self.target
        port = self._free[side].pop()
        proxy = Proxy(port, cluster.port_behind(port), is_like_redpanda=is_like_redpanda)
        self._closing.append(proxy.close)
        return proxy

    def watching_proxy(self, side: str, *, is_like_redpanda: bool = False) -> Proxy:
        """A proxy for whoever watches and for nobody else: what passes it is held against what is allowed."""
        proxy = self.proxy(side, is_like_redpanda=is_like_redpanda)
        self.watching[side].append(proxy)
        return proxy

    def mirror_maker(self, name: str, **settings: Any) -> MirrorMaker:
        """A MirrorMaker with aliases of its own that copies the topics with this prefix; not started yet."""
        given = {
            "source_bootstrap": self.source.bootstrap_servers,
            "target_bootstrap": self.target.bootstrap_servers,
            "topics": f"{name}-.*",
            "groups": f"{name}-.*",
        } | settings
        maker = MirrorMaker(
            work_dir=self.work_dir / f"mm2-{name}", source_alias=f"{name}s", target_alias=f"{name}t", **given
        )
        self._closing.append(maker.process.kill)
        return maker

    def mirror(self, name: str, *, source: str = "", target: str = "", **changes: Any) -> dict[str, Any]:
        """A scenario's mirror as it is configured; everything that is not given is found or default."""
        return {
            "source": {"alias": f"{name}s", "bootstrap_servers": source or self.watched["source"]},
            "target": {"alias": f"{name}t", "bootstrap_servers": target or self.watched["target"]},
            "topics": {"include": [f"{name}-.*"]},
            "groups": {"include": [f"{name}-.*"]},
            **changes,
        }

    def config(self, name: str, *, source: str = "", target: str = "", **changes: Any) -> Config:
        """The exporter's whole configuration for a scenario."""
        mirror = self.mirror(name, source=source, target=target, **changes)
        return Config.model_validate({"mirrors": [mirror], "poll": {"interval": "2s", "timeout": "1900ms"}})


class Watch:
    """The exporter's own poll, once a second in a thread of its own; every reading is kept."""

    def __init__(self, config: Config, *, period_seconds: float = 1.0, ledger: Ledger | None = None) -> None:
        self.readings: list[MirrorReading] = []
        self.mirror = OpenMirror(config, config.mirrors[0], ledger=ledger or Ledger())
        self._period = period_seconds
        self._stopping, self._going, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._going.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hold(self) -> None:
        """Polls no more, until told to go on."""
        self._going.clear()
        self._idle.wait(20)

    def go_on(self) -> None:
        """Polls again."""
        self._going.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._idle.set()
            self._going.wait()
            self._idle.clear()
            began = time.monotonic()
            self.readings.append(self.mirror.poll())
            self._stopping.wait(max(0.0, self._period - (time.monotonic() - began)))

    @property
    def last(self) -> MirrorReading | None:
        return self.readings[-1] if self.readings else None

    def rows(self) -> list[tuple[MirrorReading, PartitionReading]]:
        """Every partition's row of every reading."""
        return [(reading, row) for reading in self.readings for row in partition_readings(reading)]

    def of(self, topic: str, partition: int = 0) -> list[tuple[MirrorReading, PartitionReading]]:
        """One partition's row of every reading that has it."""
        return [(m, row) for m, row in self.rows() if (row.topic, row.partition) == (topic, partition)]

    def newest(self, topic: str, partition: int = 0) -> PartitionReading | None:
        """One partition's newest row."""
        if self.last is None:
            return None
        rows = (r for r in partition_readings(self.last) if (r.topic, r.partition) == (topic, partition))
        return next(rows, None)

    def stop(self) -> None:
        self._stopping.set()
        self._going.set()
        self._thread.join(20)
        self.mirror.close(timeout=2)


@dataclass(slots=True)
class Recording:
    """What a scenario left: moments by name (monotonic), readings, and whatever else its tests need."""

    watch: Watch | None = None
    truth: Any = None
    error: Exception | None = None
    at: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.at[name] = time.monotonic()

    @property
    def sound(self) -> "Recording":
        """Itself, if the scenario came to its end."""
        if self.error is not None:
            raise self.error
        return self

    def between(self, begin: str, end: str) -> list[tuple[MirrorReading, PartitionReading]]:
        """Rows of the readings that were measured between two moments."""
        assert self.watch is not None
        return [
            (m, r) for m, r in self.watch.rows() if self.at[begin] <= m.measured_monotonic <= self.at[end]
        ]


async def until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Waits for a condition without holding up other scenarios."""
    await asyncio.to_thread(wait_until, condition, seconds=seconds, what=what)
