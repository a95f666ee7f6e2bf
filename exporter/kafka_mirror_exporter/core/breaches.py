"""Partitions past a threshold, and when that is believed."""

from collections.abc import Mapping

from kafka_mirror_exporter.core.fallback import Breach
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import PartitionColumns


def breach_at(columns: PartitionColumns, row: int, threshold: float) -> Breach | None:
    """Past the threshold: surely, where we saw it wait, or by a timestamp that the next poll must confirm."""
    drift, lower, upper = columns.drift[row], columns.drift_lower[row], columns.drift_upper[row]
    waited = lower if drift != drift else drift  # noqa: PLR0124 - a NaN: only the lower bound is known
    if not waited > threshold:
        return None
    return Breach(
        topic=columns.index[row].topic,
        partition=columns.index[row].partition,
        position=columns.position[row],
        drift=waited,
        threshold=threshold,
        is_sure=lower > threshold or upper == upper,  # noqa: PLR0124 - as above: no upper bound
    )


class Suspicion:
    """Remembers breaches that one poll alone does not prove: the next one must find the same record.

    What is measured between two polls proves nothing of the kind: it comes too soon after.
    """

    def __init__(self) -> None:
        self._suspects: Mapping[TopicPartition, int] = {}
        self._new: dict[TopicPartition, int] = {}
        self._believed: set[TopicPartition] = set()
        self._is_poll = True

    def begin(self, *, is_poll: bool) -> None:
        """Starts a reading."""
        self._is_poll = is_poll
        if is_poll:
            self._suspects, self._new = self._new, {}
            self._believed = set()

    def confirms(self, breach: Breach) -> bool:
        """Whether a breach is believed."""
        tp = TopicPartition(breach.topic, breach.partition)
        if self._is_poll and not breach.is_sure:
            self._new[tp] = breach.position
            if self._suspects.get(tp) == breach.position:
                self._believed.add(tp)
        return breach.is_sure or tp in self._believed
