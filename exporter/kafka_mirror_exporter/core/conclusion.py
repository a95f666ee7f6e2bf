"""Which position follows from what is known of a partition's mirror, and how far records confirm it."""

from typing import TYPE_CHECKING

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.reading import CONFIRMED_LATELY, NOT_VERIFIABLE, UNVERIFIED, VERIFIED
from kafka_mirror_exporter.core.witnesses import MirrorPosition, Witnesses

if TYPE_CHECKING:
    from kafka_mirror_exporter.core.position import PartitionTracker

PROOF_LASTS_SECONDS = 60.0


def conclusion(tracker: "PartitionTracker", seen: Witnesses) -> MirrorPosition | Unmeasured:
    """The position by what was read and compared: a walk's, the line's, the floor's, or none."""
    floor = tracker.floor
    if tracker.reconciliation is not None:
        walked = max(tracker.reconciliation.position, floor or 0)
        verified = VERIFIED if tracker.is_reconciled else UNVERIFIED
        return MirrorPosition(
            offset=min(walked, seen.source_end), origin="tail_match", verified=verified, learnt_at=seen.at
        )
    line = tracker.line
    if line is not None and not tracker.is_disproved:
        return _on_line(tracker, min(line, seen.source_end), seen)
    if tracker.is_disproved and tracker.proven is not None:
        floor = max(floor or 0, tracker.proven.upstream)
    if floor is not None:
        at_least = min(floor, seen.source_end)
        return MirrorPosition(
            offset=at_least, origin="connect_offset", verified=UNVERIFIED, learnt_at=tracker.floor_at
        )
    if seen.target_end == 0:
        begin = tracker.first_log_start if tracker.first_log_start is not None else seen.source_log_start
        return MirrorPosition(
            offset=begin, origin="not_mirrored_yet", verified=NOT_VERIFIABLE, learnt_at=seen.at
        )
    if tracker.refusal is not None:
        return tracker.refusal
    return Unmeasured(Reason.NO_WITNESS, "no offset sync, no stored offset, no record on both clusters")


def _on_line(tracker: "PartitionTracker", line: int, seen: Witnesses) -> MirrorPosition:
    is_judged = tracker.judged_at_end == seen.target_end and not tracker.is_doubted
    verified = UNVERIFIED
    if is_judged and not tracker.is_verifiable:
        verified = NOT_VERIFIABLE
    elif is_judged and tracker.proven is not None and tracker.proven.downstream == seen.target_end:
        verified = VERIFIED
    elif not tracker.is_doubted and tracker.proven_at is not None:
        is_fresh = seen.at - tracker.proven_at <= PROOF_LASTS_SECONDS
        verified = CONFIRMED_LATELY if is_fresh else UNVERIFIED
    offset, origin, learnt_at = line, tracker.anchor_origin, tracker.anchor_at
    if tracker.is_doubted and tracker.proven is not None and tracker.last is not None:
        # Until it is judged, a bent line may only say what was said before.
        offset = min(line, tracker.last.offset)
    if tracker.floor is not None and tracker.floor > offset:
        offset, origin, learnt_at = tracker.floor, "connect_offset", tracker.floor_at
    return MirrorPosition(offset=offset, origin=origin, verified=verified, learnt_at=learnt_at)
