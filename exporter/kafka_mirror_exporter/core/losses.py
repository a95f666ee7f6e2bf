"""Source offsets that were deleted before they were mirrored, each counted once.

Two signs, of the same loss: the log start passes the position (seen while the mirror stands still), and a
pair of offsets jumps further on the source than on the target while the log start has passed the old
position (all that is left to see once the mirror has jumped over the hole). A ledger of the offset up to
which losses are settled keeps them from being counted twice.
"""

from dataclasses import dataclass

from kafka_mirror_exporter.core.offsets import Anchor, OffsetRange


@dataclass(slots=True)
class LossLedger:
    """The losses of one partition since it was first seen.

    `suspected_from` is the position that a log start was first seen beyond; the loss is settled one poll
    later, when a mirror that had those records in flight has shown them on the target.
    """

    lost: int = 0
    settled_up_to: int = 0
    suspected_from: int | None = None

    def settle(self, gone: OffsetRange) -> OffsetRange | None:
        """Counts what of a range was not counted before; the range that was new, for the evidence."""
        start = max(gone.start, self.settled_up_to)
        if start >= gone.end:
            return None
        self.lost += gone.end - start
        self.settled_up_to = gone.end
        return OffsetRange(start, gone.end)


def lost_at_log_start(*, position: int, log_start: int) -> OffsetRange | None:
    """What is gone when the source's log starts beyond the position."""
    return OffsetRange(position, log_start) if log_start > position else None


def lost_at_jump(*, before: Anchor, after: Anchor, log_start: int) -> OffsetRange | None:
    """What a mirror jumped over between two pairs, if the source no longer has it.

    The records mirrored between the pairs extend the old line to `broke_off`; from there to the new pair
    nothing reached the target. Holes of a log that still has these offsets (markers, compaction) are no loss.
    """
    broke_off = before.position_at(after.downstream)
    if not before.upstream <= broke_off < after.upstream or log_start <= broke_off:
        return None
    return OffsetRange(broke_off, min(after.upstream, log_start))
