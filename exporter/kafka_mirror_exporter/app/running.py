"""The mirrors that are being polled, each by a worker of its own, and their replacement while they run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from threading import Thread

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config, MirrorConfig
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.poll.ledger import Ledger
from kafka_mirror_exporter.schedule import Schedule, Worker

_STOP_SECONDS = 2.0
_CLOSE_SECONDS = 1.0

Publish = Callable[[MirrorReading], None]
Hasten = Callable[[OpenMirror], bool]
"""Measures again what cannot wait for the next poll; False if nothing is left of it."""


@dataclass(slots=True)
class _Running:
    """One mirror: what it was opened with, and who polls it."""

    mirror: OpenMirror
    worker: Worker


class RunningMirrors:
    """Polls the mirrors of a configuration until it is closed."""

    def __init__(
        self, config: Config, *, ledger: Callable[[str, str], Ledger], publish: Publish, hasten: Hasten
    ) -> None:
        self._ledger = ledger
        self._publish = publish
        self._hasten = hasten
        self._schedule = Schedule()
        self._running: dict[MirrorName, _Running] = {}
        self._config = config
        self._add(self._open(config, config.mirrors))
        self._schedule.start()

    def replace(self, config: Config) -> None:
        """Goes on with another configuration; raises `ConfigError`, and changes nothing, if it cannot."""
        kept = {_name(mirror): mirror for mirror in config.mirrors if self._goes_on(config, mirror)}
        opened = self._open(config, [mirror for mirror in config.mirrors if _name(mirror) not in kept])
        self._remove(self._running.keys() - kept.keys())
        self._config = config
        for name, mirror in kept.items():
            self._running[name].mirror.retune(mirror)
        self._add(opened)

    def _goes_on(self, config: Config, mirror: MirrorConfig) -> bool:
        """Whether a mirror that runs can stay as it is, but for its thresholds."""
        is_same_pace = _shared(config) == _shared(self._config)
        running = self._running.get(_name(mirror))
        return is_same_pace and running is not None and running.mirror.differs_in_thresholds_only(mirror)

    def _open(self, config: Config, mirrors: Iterable[MirrorConfig]) -> list[OpenMirror]:
        opened: list[OpenMirror] = []
        try:
            opened.extend(OpenMirror(config, m, ledger=self._ledger(*_name(m))) for m in mirrors)
        except BaseException:
            close_all(opened)
            raise
        return opened

    def _add(self, mirrors: Iterable[OpenMirror]) -> None:
        for mirror in mirrors:
            worker = Worker(
                "->".join(mirror.name),
                self._cycle(mirror),
                between=partial(self._hasten, mirror),
                interval_seconds=self._config.poll.interval,
            )
            self._running[mirror.name] = _Running(mirror, worker)
            self._schedule.add(worker)

    def _cycle(self, mirror: OpenMirror) -> Callable[[], None]:
        return lambda: self._publish(mirror.poll())

    def _remove(self, names: Iterable[MirrorName]) -> None:
        gone = [self._running.pop(name) for name in list(names)]
        self._schedule.remove([running.worker for running in gone], timeout=_STOP_SECONDS)
        close_all([running.mirror for running in gone])

    def close(self) -> None:
        """Stops polling; whatever hangs is left behind."""
        self._schedule.close(timeout=_STOP_SECONDS)
        close_all([running.mirror for running in self._running.values()])


def close_all(mirrors: Iterable[OpenMirror]) -> None:
    """Lets go of mirrors side by side, of hung ones after a moment."""
    closing = [
        Thread(target=mirror.close, kwargs={"timeout": _CLOSE_SECONDS}, daemon=True) for mirror in mirrors
    ]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join(1.5 * _CLOSE_SECONDS)


def _shared(config: Config) -> tuple[object, ...]:
    """What every mirror's poll depends on besides the mirror's own section."""
    marker = config.fallback.marker_header if config.fallback.enabled else None
    return config.poll, config.metrics, len(config.mirrors), marker


def _name(mirror: MirrorConfig) -> MirrorName:
    return mirror.source.alias, mirror.target.alias
