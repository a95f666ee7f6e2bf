"""What changes slowly and is read from time to time: topic configurations and Connect's tasks."""

import logging
from collections.abc import Iterable, Mapping
from typing import Protocol

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.errors import KafkaMirrorExporterError
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_log = logging.getLogger(__name__)

_CONFIGS_EVERY_SECONDS = 300.0
_TASKS_EVERY_SECONDS = 15.0
_CALL_SECONDS = 1.0


class TaskReader(Protocol):
    """Connect's REST interface, as far as a poll needs it."""

    def read_tasks(self) -> Mapping[tuple[str, str], int]:
        """How many tasks of each connector are in which state, by (connector, state)."""


class SlowReads:
    """The slow facts of one mirror, each with the last answer there was."""

    def __init__(self, connect: TaskReader | None) -> None:
        self._connect = connect
        self._configs_read_at: float | None = None
        self._configs_refused: Unmeasured | None = None
        self._tasks_read_at: float | None = None
        self._tasks_failure = ""
        self._topics: frozenset[str] = frozenset()
        self.retention_seconds: dict[str, float] = {}
        self.tasks: Mapping[tuple[str, str], int] = {}

    def read(self, source: ClusterSide, topics: Iterable[str], *, now: float, deadline: Deadline) -> None:
        """Reads what is due, as far as there is time left."""
        if deadline.is_past:
            return
        try:
            self._read_configs(source, frozenset(topics), now=now, deadline=deadline)
        except KafkaMirrorExporterError as failure:
            _log.info("topic configurations of the source stay unknown: %s", failure)
        if self._connect is not None and (
            self._tasks_read_at is None or now - self._tasks_read_at >= _TASKS_EVERY_SECONDS
        ):
            self._tasks_read_at = now
            self._read_tasks(self._connect)

    def _read_tasks(self, connect: TaskReader) -> None:
        try:
            self.tasks = connect.read_tasks()
        except KafkaMirrorExporterError as failure:
            self.tasks = {}
            if str(failure) != self._tasks_failure:
                _log.warning("states of the connectors stay unknown: %s", failure)
            self._tasks_failure = str(failure)
        else:
            self._tasks_failure = ""

    def _read_configs(
        self, source: ClusterSide, topics: frozenset[str], *, now: float, deadline: Deadline
    ) -> None:
        is_due = self._configs_read_at is None or now - self._configs_read_at >= _CONFIGS_EVERY_SECONDS
        if not source.is_up or not topics or not (is_due or topics - self._topics):
            return
        # Noted before the call: a cluster that never answers this must not be asked at every poll.
        self._configs_read_at, self._topics = now, topics
        timeout = deadline.remaining(at_most=_CALL_SECONDS)
        configs = source.call(
            lambda reader: reader.read_topic_configs(topics, timeout=timeout), timeout=timeout
        )
        self.retention_seconds = {
            topic: int(config["retention.ms"]) / 1000
            for topic, config in configs.items()
            if not isinstance(config, Unmeasured) and _deletes(config)
        }
        refused = next((config for config in configs.values() if isinstance(config, Unmeasured)), None)
        if refused is not None and refused != self._configs_refused:
            _log.warning("retention headroom of some topics stays unknown: %s", refused.detail)
        self._configs_refused = refused


def _deletes(config: Mapping[str, str]) -> bool:
    """Whether a topic's records are deleted by age."""
    return "delete" in config.get("cleanup.policy", "") and int(config.get("retention.ms", "-1")) >= 0
