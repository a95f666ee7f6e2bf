"""One mirror, opened: its clusters' threads, its poll, and the secrets it was opened with."""

import logging
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

from kafka_mirror_exporter.app.settings import mirror_settings
from kafka_mirror_exporter.clusters import ClusterReader, IoThread, open_reader
from kafka_mirror_exporter.config import (
    ClusterConfig,
    Config,
    MirrorConfig,
    client_properties,
    read_secrets,
    secrets_digest,
)
from kafka_mirror_exporter.connect import ConnectClient
from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.poll.cycle import MirrorPoll
from kafka_mirror_exporter.poll.fast_lane import FastLane
from kafka_mirror_exporter.poll.ledger import Ledger
from kafka_mirror_exporter.poll.settings import Clocks

_log = logging.getLogger(__name__)

CLOCKS = Clocks(monotonic=time.monotonic, wall=time.time)


@dataclass(slots=True)
class _OpenCluster:
    config: ClusterConfig
    side: Side
    digest: str
    thread: IoThread


class OpenMirror:
    """Polls one mirror for as long as it is open; one thread at a time may use it."""

    def __init__(self, config: Config, mirror: MirrorConfig, *, ledger: Ledger) -> None:
        self.name = (mirror.source.alias, mirror.target.alias)
        self._config = mirror
        self._retuned: MirrorConfig | None = None
        self._clusters = [_open(mirror.source, "source"), _open(mirror.target, "target")]
        urls = mirror.mirrormaker2.connect_urls
        self._poll = MirrorPoll(
            mirror_settings(config, mirror),
            source=self._clusters[0].thread,
            target=self._clusters[1].thread,
            clocks=CLOCKS,
            ledger=ledger,
            connect=ConnectClient([str(url) for url in urls]) if urls else None,
        )
        self._fast_lane = FastLane(self._poll)

    def differs_in_thresholds_only(self, mirror: MirrorConfig) -> bool:
        """Whether another configuration can be taken over while it polls."""
        return self._config.model_copy(update={"thresholds": mirror.thresholds}) == mirror

    def retune(self, mirror: MirrorConfig) -> None:
        """Takes over other thresholds with the next poll, and asks again what clusters did not offer."""
        self._config = self._retuned = mirror

    def poll(self) -> MirrorReading:
        """One reading."""
        retuned, self._retuned = self._retuned, None
        if retuned is not None:
            self._poll.use_thresholds(retuned.thresholds_in_force())
            for cluster in self._clusters:
                cluster.thread.submit(lambda reader: reader.wake())
        self._follow_secrets()
        return self._poll.run()

    def measure_again(self, hot: Collection[TopicPartition]) -> MirrorReading | None:
        """The last reading with some partitions as they are now; None if that cannot be said."""
        return self._fast_lane.measure(hot)

    def _follow_secrets(self) -> None:
        """Opens a cluster anew when the files its secrets come from have changed."""
        for cluster in self._clusters:
            try:
                digest = secrets_digest(cluster.config)
                if digest == cluster.digest:
                    continue
                thread = _open(cluster.config, cluster.side).thread
            except ConfigError as failure:
                _log.warning("the %s stays connected with the secrets it has: %s", cluster.side, failure)
                continue
            _log.info("secrets of the %s have changed, connecting anew", cluster.side)
            old, cluster.thread, cluster.digest = cluster.thread, thread, digest
            self._poll.reconnect(cluster.side, thread)
            old.close(0)

    def close(self, *, timeout: float) -> None:
        """Lets go of both clusters, of hung ones after a moment."""
        closing = [
            threading.Thread(target=cluster.thread.close, args=(timeout,), daemon=True)
            for cluster in self._clusters
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(timeout)


def _open(cluster: ClusterConfig, side: Side) -> _OpenCluster:
    digest = secrets_digest(cluster)
    properties = client_properties(cluster, read_secrets(cluster))

    def opening() -> ClusterReader:
        # The first one is made below, so that properties librdkafka does not take are found now.
        return made.pop() if made else _reader(cluster, side, properties)

    made = [_reader(cluster, side, properties)]
    return _OpenCluster(cluster, side, digest, IoThread(f"{side} {cluster.alias}", opening))


def _reader(cluster: ClusterConfig, side: Side, properties: dict[str, str]) -> ClusterReader:
    return open_reader(properties=properties, bootstrap_servers=cluster.bootstrap_servers, side=side)
