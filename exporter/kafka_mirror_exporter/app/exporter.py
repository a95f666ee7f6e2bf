"""The running exporter: mirrors, workers, the last readings, and what scrapes are given."""

import logging
import os
import platform
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import RLock

from kafka_mirror_exporter import __version__
from kafka_mirror_exporter.app.alerts import Alerts
from kafka_mirror_exporter.app.fallback import Fallbacks
from kafka_mirror_exporter.app.mirror import CLOCKS, OpenMirror
from kafka_mirror_exporter.app.notifications import Notifications
from kafka_mirror_exporter.app.running import RunningMirrors, close_all
from kafka_mirror_exporter.clusters import librdkafka_version
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.hot import hot_partitions
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import RenderError, StateFileError
from kafka_mirror_exporter.exposition import Exposition
from kafka_mirror_exporter.latest import Latest, MirrorName
from kafka_mirror_exporter.metrics import ExporterFacts
from kafka_mirror_exporter.poll.ledger import Ledger, StateFile

_log = logging.getLogger(__name__)

# Said by whoever built what is running: the image does.
_REVISION_VARIABLE = "KAFKA_MIRROR_EXPORTER_REVISION"
# As many as one fetch reads well.
_MOST_HOT_PARTITIONS = 1_000


@contextmanager
def open_mirrors(config: Config) -> Iterator[list[OpenMirror]]:
    """All mirrors of a configuration, closed at the end; `ConfigError` if one cannot be opened."""
    mirrors: list[OpenMirror] = []
    try:
        mirrors.extend(OpenMirror(config, mirror, ledger=Ledger()) for mirror in config.mirrors)
        yield mirrors
    finally:
        close_all(mirrors)


def open_state(config: Config) -> StateFile | None:
    """The state file of a configuration, read; `StateFileError` if it cannot be used."""
    if config.state_file is None or str(config.state_file) == "none":
        return None
    state = StateFile(Path(config.state_file))
    state.open()
    return state


class Exporter:
    """Polls all mirrors of a configuration, and can be given another one while it runs."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.latest = Latest(now_monotonic=time.monotonic())
        # Held by one worker at a time while it renders: two pure-Python threads starve the HTTP loop.
        self._heavy_work = RLock()
        self.exposition = Exposition(
            ExporterFacts(
                version=__version__,
                revision=os.environ.get(_REVISION_VARIABLE) or "unknown",
                python_version=platform.python_version(),
                librdkafka_version=librdkafka_version(),
                is_last_reload_successful=True,
                last_reload_success_at=time.time(),
            ),
            poll_interval=config.poll.interval,
            monotonic=CLOCKS.monotonic,
            heavy_work=self._heavy_work,
        )
        self.is_stopping = False
        self._state = open_state(config)
        self._ledgers: dict[MirrorName, Ledger] = {}
        self._fallbacks = Fallbacks(config, ledger=self._ledger)
        self._alerts = Alerts(config)
        self._notifications = Notifications(
            config, latest=self.latest, state=self._state, instance=lambda: self.instance
        )
        self._running: RunningMirrors | None = None

    @property
    def instance(self) -> str:
        """What this exporter calls itself."""
        return self.config.fallback.instance or socket.gethostname()

    @property
    def mirrors(self) -> list[MirrorName]:
        """The configured mirrors."""
        return [(mirror.source.alias, mirror.target.alias) for mirror in self.config.mirrors]

    @property
    def is_ready(self) -> bool:
        """Whether every mirror has completed a poll, and nobody is shutting down."""
        return not self.is_stopping and all(self.latest.get(*name) is not None for name in self.mirrors)

    def start(self) -> None:
        """Begins to poll."""
        self._running = RunningMirrors(
            self.config, ledger=self._ledger, publish=self.publish, hasten=self.hasten
        )

    def _ledger(self, source: str, target: str) -> Ledger:
        """What is known of a mirror's losses: kept over reloads, and over restarts by the state file."""
        if self._state is not None:
            return self._state.ledger(source, target)
        return self._ledgers.setdefault((source, target), Ledger())

    def reload(self, config: Config) -> None:
        """Replaces the configuration; one that cannot be opened leaves the running one in force.

        Mirrors for which nothing or only thresholds changed go on with all they have learnt.
        """
        if config.state_file != self.config.state_file or config.web != self.config.web:
            _log.warning("state_file and web take effect at the next start")
        if self._running is not None:
            self._running.replace(config)
        gone = set(self.mirrors)
        self.config = config
        self._fallbacks.reconfigure(config)
        self._alerts.reconfigure(config)
        self._notifications.reconfigure(config)
        self.exposition.reconfigure(mirrors=self.mirrors, poll_interval=config.poll.interval)
        for name in gone - set(self.mirrors):
            self.latest.forget(name)

    def publish(self, reading: MirrorReading) -> None:
        """Makes a reading, and what follows from it, the last one of its mirror."""
        counted = self._notifications.counted(reading.source, reading.target)
        reading = self._alerts.judged(replace(self._fallbacks.judged(reading), notifications=counted))
        self._save()
        self.latest.publish(reading)
        self._notifications.offer(reading)
        self.latest.mark_alive((reading.source, reading.target), now_monotonic=CLOCKS.monotonic())
        try:
            self.exposition.publish(reading)
        except RenderError as failure:
            _log.error("%s->%s: %s", reading.source, reading.target, failure)

    def hasten(self, mirror: OpenMirror) -> bool:
        """Measures again, between two polls, what is close to a decision; False if nothing is.

        What follows is decided and told; the numbers that are shown stay those of the poll.
        """
        last = self.latest.get(*mirror.name)
        if last is None or not (self.config.fallback.enabled or self.config.notify.alertmanagers):
            return False
        hot = hot_partitions(last, at_most=_MOST_HOT_PARTITIONS)
        reading = mirror.measure_again(hot) if hot else None
        if reading is None:
            return False
        judged = self._alerts.judged(self._fallbacks.judged(reading))
        self._save()
        self.latest.revise(replace(last, fallback=judged.fallback, alerts=judged.alerts))
        self._notifications.offer(judged)
        return True

    def _save(self) -> None:
        """Before anybody is told: a restart must know what others were told."""
        if self._state is not None:
            try:
                self._state.save_changes()
            except StateFileError as failure:
                _log.error("%s", failure)

    def close(self) -> None:
        """Stops polling; whatever hangs is left behind."""
        self.is_stopping = True
        if self._running is not None:
            self._running.close()
        self._notifications.close()
        if self._state is not None:
            with suppress(StateFileError):
                self._state.save()
