"""Positions of all partitions of a mirror: witnesses in, one judged position each out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import Anchor, OffsetRange, TopicPartition
from kafka_mirror_exporter.core.position import PartitionTracker
from kafka_mirror_exporter.core.reading import NOT_VERIFIABLE, VERIFIED, Origin
from kafka_mirror_exporter.core.witnesses import MirrorPosition, Witnesses
from kafka_mirror_exporter.poll.candidates import Candidate
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline, Reads
from kafka_mirror_exporter.poll.verification import Verifier
from kafka_mirror_exporter.poll.watermarks import Watermarks

_UNREAD = Unmeasured(Reason.BUDGET_EXHAUSTED, "its records are read as soon as the byte budget allows")

Positions = dict[TopicPartition, MirrorPosition | Unmeasured]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorWitnesses:
    """What the mirror's own topics or groups said in this poll, by source partition.

    `committed` is what a mirror that is a consumer group has committed, None for other mirrors; `refused`
    says why one of the mirror's own topics could not be read.
    """

    pairs: Mapping[TopicPartition, Sequence[Anchor]] = field(default_factory=dict)
    stored: Mapping[TopicPartition, int] = field(default_factory=dict)
    committed: Mapping[TopicPartition, int] | None = None
    refused: Unmeasured | None = None


@dataclass(slots=True)
class PositionPoll:
    """The trackers of one mirror, carried from poll to poll."""

    verifier: Verifier
    is_offset_preserving: bool = False
    trackers: dict[TopicPartition, PartitionTracker] = field(default_factory=dict)

    def keep_only(self, partitions: set[TopicPartition]) -> None:
        """Drops what was known of partitions that are gone."""
        for tp in self.trackers.keys() - partitions:
            del self.trackers[tp]
            self.verifier.forget(tp)

    def judge(
        self,
        pairs: Mapping[TopicPartition, TopicPartition | None],
        marks: Watermarks,
        witnesses: MirrorWitnesses,
        *,
        source: ClusterSide,
        target: ClusterSide,
        reads: Reads,
        deadline: Deadline,
    ) -> Positions:
        """The position of every partition in `pairs` (source to target), or why it has none.

        A target of None means that the target has no such topic: nothing of it was mirrored yet.
        """
        positions: Positions = {}
        candidates: list[Candidate] = []
        for tp, target_tp in pairs.items():
            failed = marks.source.failure(tp) or (marks.target.failure(target_tp) if target_tp else None)
            if failed is not None:
                positions[tp] = failed
                continue
            candidate = self._observe(tp, target_tp, marks, witnesses)
            by_construction = self._by_construction(candidate, witnesses, at=marks.measured_monotonic)
            if by_construction is not None:
                positions[tp] = by_construction
            else:
                candidates.append(candidate)
        self.verifier.verify(candidates, source=source, target=target, reads=reads, deadline=deadline)
        for candidate in candidates:
            concluded = candidate.tracker.conclude()
            is_without_witness = isinstance(concluded, Unmeasured) and concluded.reason == Reason.NO_WITNESS
            if is_without_witness and (source.budget.is_exhausted or target.budget.is_exhausted):
                concluded = _UNREAD
            elif is_without_witness and witnesses.refused is not None:
                concluded = witnesses.refused
            positions[candidate.source] = concluded
        return positions

    def _observe(
        self,
        tp: TopicPartition,
        target_tp: TopicPartition | None,
        marks: Watermarks,
        witnesses: MirrorWitnesses,
    ) -> Candidate:
        tracker = self.trackers.get(tp)
        if tracker is None:
            tracker = self.trackers[tp] = PartitionTracker()
        seen = Witnesses(
            at=marks.measured_monotonic,
            target_log_start=marks.target.log_starts.found[target_tp] if target_tp else 0,
            target_end=marks.target.ends.found[target_tp] if target_tp else 0,
            source_log_start=marks.source.log_starts.found[tp],
            source_end=marks.source.ends.found[tp],
            pairs=witnesses.pairs.get(tp, ()),
            stored=witnesses.stored.get(tp),
        )
        if tracker.observe(seen):
            self.verifier.forget(tp)
        return Candidate(
            source=tp,
            target=target_tp or tp,
            tracker=tracker,
            target_log_start=seen.target_log_start,
            target_end=seen.target_end,
            source_log_start=seen.source_log_start,
            source_end=seen.source_end,
        )

    def _by_construction(
        self, candidate: Candidate, witnesses: MirrorWitnesses, *, at: float
    ) -> MirrorPosition | Unmeasured | None:
        """The position of mirrors that need no judging; None for all others."""
        if self.is_offset_preserving:
            offset = min(candidate.target_end, candidate.source_end)
            return self._exact(candidate, offset, "offset_preserving", at=at)
        if witnesses.committed is None:
            return None
        committed = witnesses.committed.get(candidate.source)
        if committed is not None:
            return self._exact(candidate, min(committed, candidate.source_end), "consumer_group", at=at)
        if candidate.target_end == 0:
            return MirrorPosition(
                offset=candidate.source_log_start,
                origin="not_mirrored_yet",
                verified=NOT_VERIFIABLE,
                learnt_at=at,
            )
        return Unmeasured(Reason.NO_WITNESS, "the mirror's consumer group has not committed this partition")

    @staticmethod
    def _exact(candidate: Candidate, offset: int, origin: Origin, *, at: float) -> MirrorPosition:
        position = MirrorPosition(offset=offset, origin=origin, verified=VERIFIED, learnt_at=at)
        candidate.tracker.conclude_exact(position)
        return position

    def new_sources(self, among: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Those whose source log was found to be another one than before when they were last judged."""
        return [tp for tp in among if tp in self.trackers and self.trackers[tp].is_source_new]

    def new_losses(self, among: Iterable[TopicPartition]) -> dict[TopicPartition, list[OffsetRange]]:
        """Losses counted when they were last judged."""
        known = {tp: self.trackers[tp].ledger.new for tp in among if tp in self.trackers}
        return {tp: new for tp, new in known.items() if new}
