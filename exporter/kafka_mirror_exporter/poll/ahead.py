"""What stands at and beyond an offset: the first data record there and its timestamp, or nothing but holes.

Read once and remembered for the mirror's position and the groups' committed offsets alike, for as long as
somebody still stands at that offset. Between the offset and the first data record there may be markers,
aborted records, or what compaction left out: a residue that is no lag.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka_mirror_exporter.clusters.reader import Isolation
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, Side, TopicPartition
from kafka_mirror_exporter.core.waiting import Ahead
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_FIRST_LOOK = 8
_FURTHER_LOOK = 4_096
_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A wish to know what stands at an offset of a log that ends at `end`; low `priority` comes first."""

    tp: TopicPartition
    offset: int
    end: int
    priority: int


class AheadReader:
    """Remembers and reads, for one side of a mirror."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._known: dict[tuple[TopicPartition, int], Ahead] = {}
        self.refused: dict[TopicPartition, Unmeasured] = {}

    def known(self, tp: TopicPartition, offset: int) -> Ahead | None:
        """What is known of an offset."""
        return self._known.get((tp, offset))

    def forget(self, tp: TopicPartition) -> None:
        """Drops what was read of a log that is gone."""
        for key in [key for key in self._known if key[0] == tp]:
            del self._known[key]

    def keep_only(self, used: Iterable[tuple[TopicPartition, int]]) -> None:
        """Drops what nobody stands at any more."""
        used = set(used)
        self._known = {key: ahead for key, ahead in self._known.items() if key in used}

    def read(
        self,
        wanted: Iterable[Wanted],
        *,
        cluster: ClusterSide,
        isolation: Isolation,
        deadline: Deadline,
        limit: int,
    ) -> None:
        """Reads up to `limit` offsets, the most pressing first, as far as budget and time allow.

        One offset of a partition is read per round; several groups at one partition take several rounds.
        """
        queue = sorted(
            {(w.tp, w.offset): w for w in wanted if not self._is_settled(w)}.values(),
            key=lambda w: w.priority,
        )[:limit]
        looks = dict.fromkeys(((w.tp, w.offset) for w in queue), 0)
        while queue and not deadline.is_past:
            batch: dict[TopicPartition, Wanted] = {}
            for wish in queue:
                batch.setdefault(wish.tp, wish)
            answered = self._read_batch(batch, looks, cluster=cluster, isolation=isolation, deadline=deadline)
            done = {(w.tp, w.offset) for w in batch.values() if w.tp not in answered or self._is_settled(w)}
            done |= {key for key, count in looks.items() if count >= _LOOKS}
            queue = [w for w in queue if (w.tp, w.offset) not in done]

    def _is_settled(self, wish: Wanted) -> bool:
        ahead = self._known.get((wish.tp, wish.offset))
        return ahead is not None and (ahead.record_offset is not None or ahead.clear_up_to >= wish.end)

    def _read_batch(
        self,
        batch: Mapping[TopicPartition, Wanted],
        looks: dict[tuple[TopicPartition, int], int],
        *,
        cluster: ClusterSide,
        isolation: Isolation,
        deadline: Deadline,
    ) -> set[TopicPartition]:
        """The partitions that answered."""
        ranges = {}
        for tp, wish in batch.items():
            ahead = self._known.get((tp, wish.offset))
            start = ahead.clear_up_to if ahead else wish.offset
            reach = _FURTHER_LOOK if looks[tp, wish.offset] else _FIRST_LOOK
            ranges[tp] = OffsetRange(start, max(start, min(start + reach, wish.end)))
            looks[tp, wish.offset] += 1
        fetched = cluster.fetch(ranges, isolation=isolation, deadline=deadline)
        for tp, found in fetched.found.items():
            first = found.records[0] if found.records else None
            self.refused.pop(tp, None)
            self._known[tp, batch[tp].offset] = Ahead(
                clear_up_to=first.offset if first else found.read_up_to,
                record_offset=first.offset if first else None,
                timestamp=first.timestamp_ms / 1000 if first and first.timestamp_ms >= 0 else None,
            )
        for tp, failed in fetched.failed.items():
            if failed.reason == Reason.NOT_AUTHORIZED:
                self.refused[tp] = failed
        return set(fetched.found)
