"""Topics that are there and that a cluster does not show: they must not be taken for missing ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.errors import KafkaMirrorExporterError
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_EVERY_SECONDS = 30.0
_CALL_SECONDS = 0.5
# Each name is a call of its own; where more are hidden than this, the first ones tell.
_NAMES_AT_ONCE = 50


@dataclass(slots=True)
class HiddenTopics:
    """The hidden topics of one cluster, asked for by name from time to time."""

    refused: Mapping[str, Unmeasured] = field(default_factory=dict)
    _asked: frozenset[str] = frozenset()
    _asked_at: float | None = None

    def look(self, cluster: ClusterSide, missing: Iterable[str], *, now: float, deadline: Deadline) -> bool:
        """Asks for names that the cluster did not list; True if the answer is another one than before."""
        names = frozenset(missing)
        is_due = self._asked_at is None or now - self._asked_at >= _EVERY_SECONDS
        if not cluster.is_up or not (is_due or names - self._asked):
            return False
        self._asked, self._asked_at = names, now
        before, wanted = self.refused, sorted(names)[:_NAMES_AT_ONCE]
        timeout = deadline.remaining(at_most=_CALL_SECONDS)
        try:
            self.refused = (
                cluster.call(lambda reader: reader.read_refusals(wanted, timeout=timeout), timeout=timeout)
                if wanted
                else {}
            )
        except KafkaMirrorExporterError:
            # Whoever does not answer this will not answer the rest of the poll either, and that is told.
            return False
        return self.refused != before
