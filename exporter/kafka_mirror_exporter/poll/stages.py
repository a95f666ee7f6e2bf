"""Times each stage of a poll and records its failure, so that one failing part never hides the others."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kafka_mirror_exporter.core.reading import STAGES, StageHealth
from kafka_mirror_exporter.errors import KafkaMirrorExporterError

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Stage:
    duration_seconds: float = 0.0
    failures: int = 0
    has_failed: bool = False
    has_run: bool = False
    last_failure: str = ""
    last_success_monotonic: float | None = None
    last_success_at: float | None = None


@dataclass(slots=True)
class Stages:
    """The stages of one mirror's polls; a stage may be entered several times in a poll."""

    mirror: str
    clock: Callable[[], float]
    wall: Callable[[], float]
    _stages: dict[str, _Stage] = field(default_factory=lambda: {name: _Stage() for name in STAGES})

    def begin_poll(self) -> None:
        """Starts the timing of a poll."""
        for stage in self._stages.values():
            stage.duration_seconds, stage.has_failed, stage.has_run = 0.0, False, False

    @contextmanager
    def run(self, name: str) -> Iterator[None]:
        """One part of a stage: what it raises is logged, counted, and stays inside."""
        stage = self._stages[name]
        started = self.clock()
        stage.has_run = True
        try:
            yield
        except KafkaMirrorExporterError as failure:
            self._fail(stage)
            if str(failure) != stage.last_failure:
                # Said once: an outage of an hour is one line, not seven hundred.
                _log.warning("%s: %s failed: %s", self.mirror, name, failure)
            stage.last_failure = str(failure)
        except Exception:  # noqa: BLE001  # a part that fails must not take the others along
            self._fail(stage)
            _log.exception("%s: %s failed for a reason nobody foresaw", self.mirror, name)
        finally:
            stage.duration_seconds += self.clock() - started

    def fail(self, name: str) -> None:
        """Counts a stage as failed that noticed it by itself."""
        self._fail(self._stages[name])

    @staticmethod
    def _fail(stage: _Stage) -> None:
        if not stage.has_failed:
            stage.failures += 1
        stage.has_failed = True

    def end_poll(self) -> dict[str, StageHealth]:
        """How each stage went, and when each last went well."""
        for name, stage in self._stages.items():
            if stage.has_run and not stage.has_failed:
                stage.last_success_monotonic, stage.last_success_at = self.clock(), self.wall()
                if stage.last_failure:
                    _log.info("%s: %s works again", self.mirror, name)
                stage.last_failure = ""
        return {
            name: StageHealth(
                duration_seconds=stage.duration_seconds,
                failures=stage.failures,
                last_success_monotonic=stage.last_success_monotonic,
                last_success_at=stage.last_success_at,
            )
            for name, stage in self._stages.items()
        }
