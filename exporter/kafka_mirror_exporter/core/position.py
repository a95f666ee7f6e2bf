"""How far a mirror has come in one partition: the next source offset to be mirrored.

An anchor is an exact pair of offsets of one record. From it the target's end tells the position:

    position = upstream + (target end - downstream), never beyond the source end read after it

That line is exact as long as the target holds nothing but mirrored records after the anchor and the source
has no holes after it. The judge is the tail: the source record at position - 1 must be the target's last
data record. A line that agrees becomes proven, and its end the new anchor; one that does not is given up for
a reading of both logs (`Reconciliation`), and where that is too far, for the last proven position.

Three things are never believed: a line after something that could have bent it (a pair that deviates, a
restart, an end beyond the source's) before it was judged; a tail that matches further on the source than
the target has grown, for a second writer can make it; and anything below the floor, which is what the
mirror itself has stored as done.

A position falls only when a reset was counted, or when a comparison disproved a line nothing had proven.
"""

from dataclasses import dataclass, field

from kafka_mirror_exporter.core.conclusion import conclusion
from kafka_mirror_exporter.core.losses import LossLedger, lost_at_jump, lost_between
from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import Anchor, OffsetRange
from kafka_mirror_exporter.core.reading import VERIFIED, Origin
from kafka_mirror_exporter.core.reconciliation import Reconciliation
from kafka_mirror_exporter.core.witnesses import MirrorPosition, Witnesses

# In a gap this long a topic may have been recreated and have grown beyond its old end.
UNSEEN_SECONDS = 60.0


@dataclass(slots=True)
class PartitionTracker:
    """What is known of one partition's mirror, carried from poll to poll."""

    anchor: Anchor | None = None
    anchor_origin: Origin = "offset_sync"
    anchor_at: float = 0.0
    proven: Anchor | None = None
    proven_at: float | None = None
    proven_fingerprint: int | None = None
    bent_at: float = float("-inf")
    floor: int | None = None
    floor_at: float = 0.0
    is_doubted: bool = False
    is_straight: bool = False
    is_identity_doubted: bool = False
    is_disproved: bool = False
    is_verifiable: bool = True
    judged_at_end: int | None = None
    reconciliation: Reconciliation | None = None
    is_reconciled: bool = False
    refusal: Unmeasured | None = None
    resets: int = 0
    is_source_new: bool = False
    ledger: LossLedger = field(default_factory=LossLedger)
    pre_mirror: int | None = None
    last: MirrorPosition | None = None
    first_log_start: int | None = None
    _last_pair: Anchor | None = None
    seen: Witnesses | None = None
    is_still: bool = False
    was_standing: bool = False

    def begin_anew(self) -> None:
        """The ends that come next are of another kind: none of them fell because it is smaller."""
        self.seen = None
        self.is_still = self.was_standing = False
        self.judged_at_end = None

    # -- what a poll read ------------------------------------------------------------------------

    def observe(self, seen: Witnesses) -> bool:
        """Takes in what a poll read; True if one of the logs went backwards (a reset)."""
        before, self.seen = self.seen, seen
        self.ledger.begin_poll()
        self.is_source_new = False
        is_reset = before is not None and self._went_backwards(before, seen)
        if before is None or is_reset:
            self.first_log_start = seen.source_log_start
            self.ledger.settled_up_to = seen.source_log_start
        elif seen.target_end != before.target_end:
            self.is_reconciled = False
            self.is_identity_doubted |= seen.at - before.at > UNSEEN_SECONDS
            # The mirror moved after standing still with work to do: it may have been restarted
            # and be sending again what it sent before.
            if self.was_standing:
                self._doubt()
        if before is not None and not is_reset:
            self.is_still = seen.target_end == before.target_end
            self.was_standing = self.is_still and self.last is not None and self.last.offset < seen.source_end
        self._take_pairs(seen, is_first=before is None or is_reset)
        self._raise_floor(seen.stored, at=seen.at)
        if self.anchor and self.anchor.position_at(seen.target_end) > seen.source_end:
            self._doubt()
        return is_reset

    def _doubt(self) -> None:
        """Something happened that could have bent the line since it was last proven."""
        self.is_doubted, self.is_straight = True, False

    def _went_backwards(self, before: Witnesses, seen: Witnesses) -> bool:
        source = seen.source_end < before.source_end or seen.source_log_start < before.source_log_start
        target = seen.target_end < before.target_end
        if not source and not target:
            return False
        # What the target held before belongs to the old log; what it gets from here on, to the new one.
        boundary = Anchor(seen.source_log_start, min(before.target_end, seen.target_end))
        self._start_over(seen, anchor=boundary if source else None, is_source=source)
        self._last_pair = None
        return True

    def _start_over(self, seen: Witnesses, *, anchor: Anchor | None, is_source: bool) -> None:
        self.resets += 1
        self.anchor, self.anchor_origin, self.anchor_at = anchor, "tail_match", seen.at
        self.proven = self.proven_at = self.proven_fingerprint = None
        self.reconciliation, self.judged_at_end = None, None
        self._doubt()
        self.is_disproved, self.is_verifiable, self.is_reconciled = False, True, False
        self.is_identity_doubted = self.was_standing = False
        if is_source:
            self.is_source_new = True
            self.floor = self.last = None
            self.ledger.forget_suspicions()

    def replace_source(self) -> None:
        """The source holds other records than before, though no offset fell: its topic was recreated."""
        assert self.seen is not None  # noqa: S101  # a comparison follows a poll
        anchor = self._last_pair if self.anchor == self._last_pair else None
        self._start_over(self.seen, anchor=anchor, is_source=True)

    def _take_pairs(self, seen: Witnesses, *, is_first: bool) -> None:
        usable = [p for p in seen.pairs if p.downstream <= seen.target_end and p.upstream <= seen.source_end]
        begin = next((p for p in usable if p.downstream == 0), None)
        if begin is not None and self.pre_mirror is None:
            self.pre_mirror = begin.upstream
        if is_first:
            usable = usable[-1:]
        for pair in usable:
            if self.floor is not None and pair.upstream < self.floor and self._last_pair is not None:
                # Records are sent again after a restart, or the source's topic is another one.
                self._doubt()
                self.is_identity_doubted = True
            self._last_pair = pair
            self._raise_floor(pair.upstream, at=seen.at)
            if self.anchor and pair.downstream < self.anchor.downstream:
                continue
            if self.anchor and self.anchor.position_at(pair.downstream) != pair.upstream:
                self._doubt()
                self.ledger.settle(
                    lost_at_jump(before=self.anchor, after=pair, log_start=seen.source_log_start)
                )
            self.anchor, self.anchor_origin, self.anchor_at = pair, "offset_sync", seen.at
            self.is_disproved = False

    def _raise_floor(self, offset: int | None, *, at: float) -> None:
        seen = self.seen
        if offset is None or (seen is not None and offset > seen.source_end):
            return
        if self.floor is None or offset > self.floor:
            self.floor, self.floor_at = offset, at

    # -- what comparing told ---------------------------------------------------------------------

    @property
    def line(self) -> int | None:
        """The position by the anchor alone, not clipped; None without an anchor."""
        if self.anchor is None or self.seen is None:
            return None
        return self.anchor.position_at(self.seen.target_end)

    def prove(self, position: int, *, fingerprint: int | None = None, origin: Origin | None = None) -> None:
        """The target's last data record is the source's record at `position` - 1."""
        assert self.seen is not None  # noqa: S101  # a comparison follows a poll
        seen = self.seen
        self.anchor = self.proven = Anchor(position, seen.target_end)
        self.anchor_origin = origin or self.anchor_origin
        self.anchor_at = self.proven_at = seen.at
        self.proven_fingerprint = fingerprint
        self.judged_at_end = seen.target_end
        self.is_doubted = self.is_disproved = False
        self.is_straight = self.is_verifiable = True
        self.reconciliation = None
        self._raise_floor(position, at=seen.at)
        self.ledger.settled_up_to = max(self.ledger.settled_up_to, position)

    def prove_by_header(self, position: int) -> None:
        """The target's last data record says itself that it was the source's record at `position` - 1."""
        assert self.seen is not None  # noqa: S101  # as above
        before, after = self.proven, Anchor(position, self.seen.target_end)
        if before is not None:
            self.ledger.settle(lost_between(before=before, after=after, log_start=self.seen.source_log_start))
        self.prove(position, origin="provenance_header")

    def disprove(self) -> Reconciliation | None:
        """The line does not hold; hands out the walk that replaces it, if there is a pair to start from."""
        assert self.seen is not None  # noqa: S101  # as above
        self.judged_at_end = self.seen.target_end
        self.bent_at = self.seen.at
        self.is_disproved = True
        self.is_straight = False
        self.is_verifiable = True
        start = self.proven or self.anchor
        if start is None or start.downstream > self.seen.target_end:
            return None
        self.reconciliation = Reconciliation(upstream=start.upstream, downstream=start.downstream)
        self.is_reconciled = False
        return self.reconciliation

    def leave_unproven(self, *, is_verifiable: bool) -> None:
        """Nothing could be compared: not yet, or (`is_verifiable=False`) not ever at this end."""
        assert self.seen is not None  # noqa: S101  # as above
        self.is_verifiable = is_verifiable
        if not is_verifiable:
            self.judged_at_end = self.seen.target_end
            self.is_doubted = False

    def refuse(self, why: Unmeasured) -> None:
        """The records may not be read."""
        self.refusal = why
        self.leave_unproven(is_verifiable=False)

    def stop_judging(self) -> None:
        """Comparing records says nothing about this mirror: the line is all there is."""
        self.leave_unproven(is_verifiable=False)
        self.reconciliation = None
        self.is_disproved = False

    def give_up_walk(self) -> None:
        """The logs are too far apart to be read: what was proven so far is the position's floor."""
        if self.reconciliation is not None:
            self._raise_floor(self.reconciliation.position, at=self.anchor_at)
        self.reconciliation = None

    # -- what follows ----------------------------------------------------------------------------

    def conclude(self) -> MirrorPosition | Unmeasured:
        """The position as it stands after this poll's reading and comparing."""
        assert self.seen is not None  # noqa: S101  # as above
        concluded = conclusion(self, self.seen)
        if isinstance(concluded, MirrorPosition):
            self._judge_losses(concluded, self.seen)
            self.last = concluded
        return concluded

    def conclude_exact(self, position: MirrorPosition) -> None:
        """Takes in a position that is exact by the mirror's construction, and judges losses by it."""
        assert self.seen is not None  # noqa: S101  # as above
        self.proven = Anchor(position.offset, self.seen.target_end)
        self._judge_losses(position, self.seen)
        self.last = position

    def settle_walk(self) -> None:
        """Counts what the walk found deleted, but for what the target still holds unexplained copies of."""
        walk = self.reconciliation
        if walk is None or walk.deleted is None:
            return
        start = walk.deleted.start + min(walk.unexplained, len(walk.deleted))
        self.ledger.settle(OffsetRange(start, walk.deleted.end))
        walk.deleted = None

    def _judge_losses(self, concluded: MirrorPosition, seen: Witnesses) -> None:
        self.ledger.judge(
            position=concluded.offset,
            log_start=seen.source_log_start,
            # On a line that nothing can have bent since it was proven, deleted records are no excuse: they
            # are what can no longer be compared.
            is_sure=concluded.verified == VERIFIED
            or concluded.origin == "not_mirrored_yet"
            or (self.is_straight and concluded.offset == self.line),
        )
