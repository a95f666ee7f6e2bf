"""Source offsets that were deleted before they were mirrored, each counted once.

Two signs, of the same loss: the log start passes the position (seen while the mirror stands still), and a
pair of offsets jumps further on the source than on the target while the log start has passed the old
position (all that is left to see once the mirror has jumped over the hole). A ledger of the offset up to
which losses are settled keeps them from being counted twice.
"""

from dataclasses import dataclass, field

from kafka_mirror_exporter.core.offsets import Anchor, OffsetRange


@dataclass(slots=True)
class LossLedger:
    """The losses of one partition since it was first seen.

    `new` are the ranges settled in this poll. `suspected_from` is the position that a log start was first
    seen beyond; the loss is settled one poll later, when a mirror that had those records in flight has
    shown them on the target. `clear` are offsets that were read and hold no data (markers, aborted or
    compacted records): they are no loss when they are deleted.
    """

    lost: int = 0
    settled_up_to: int = 0
    suspected_from: int | None = None
    clear: OffsetRange | None = None
    new: list[OffsetRange] = field(default_factory=list)

    def begin_poll(self) -> None:
        """Nothing was settled yet in this poll."""
        self.new = []

    def forget_suspicions(self) -> None:
        """The log they were about is gone."""
        self.suspected_from = self.clear = None

    def settle(self, gone: OffsetRange | None) -> None:
        """Counts what of a range was not counted before."""
        if gone is None or gone.end <= max(gone.start, self.settled_up_to):
            return
        new = OffsetRange(max(gone.start, self.settled_up_to), gone.end)
        self.lost += len(new)
        self.settled_up_to = new.end
        self.new.append(new)

    def judge(self, *, position: int, log_start: int, is_sure: bool) -> None:
        """A log start beyond a position that is sure is a loss, once a second poll has seen it stand."""
        suspected, self.suspected_from = self.suspected_from, None
        if not is_sure or log_start <= position:
            return
        start = position
        if self.clear is not None and self.clear.start <= position:
            start = max(position, self.clear.end)
        if suspected is not None and start < log_start:
            self.settle(OffsetRange(start, log_start))
        self.suspected_from = position


def lost_at_jump(*, before: Anchor, after: Anchor, log_start: int) -> OffsetRange | None:
    """What a mirror jumped over between two pairs, if the source no longer has it.

    The records mirrored between the pairs extend the old line to `broke_off`; from there to the new pair
    nothing reached the target. Holes of a log that still has these offsets (markers, compaction) are no loss.
    """
    broke_off = before.position_at(after.downstream)
    if not before.upstream <= broke_off < after.upstream or log_start <= broke_off:
        return None
    return OffsetRange(broke_off, min(after.upstream, log_start))


def lost_between(*, before: Anchor, after: Anchor, log_start: int) -> OffsetRange | None:
    """What a mirror jumped over at some time between two proven pairs, if the source no longer has it.

    What came after the hole was mirrored record by record, so the hole is as long as the source's offsets
    have outgrown the target's, and it ends where the log now starts.
    """
    missing = (after.upstream - before.upstream) - (after.downstream - before.downstream)
    start = max(before.upstream, log_start - missing)
    return OffsetRange(start, log_start) if missing > 0 and start < log_start <= after.upstream else None
