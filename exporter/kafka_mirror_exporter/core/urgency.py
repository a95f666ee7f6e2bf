"""How soon a position should be compared: doubtful ones at once, the others in rotation."""

from enum import IntEnum

from kafka_mirror_exporter.core.position import PartitionTracker

# A log that bent the line once (transactions, a second writer) does it again: compare at every poll.
BENDS_AGAIN_SECONDS = 600.0


class Urgency(IntEnum):
    """How soon a position should be compared; lower comes first."""

    DOUBTED = 0
    NEVER_PROVEN = 1
    STANDING = 2
    ROTATION = 3


def urgency(tracker: PartitionTracker, *, rotation_seconds: float) -> Urgency | None:
    """How soon a position should be compared; None where nothing could come of it."""
    seen = tracker.seen
    if seen is None or seen.target_end == seen.target_log_start:
        return None
    found: Urgency | None = None
    if tracker.reconciliation is not None:
        found = None if tracker.is_reconciled and not _has_news(tracker) else Urgency.DOUBTED
    elif tracker.judged_at_end == seen.target_end and not tracker.is_doubted:
        found = None
    elif tracker.is_doubted or tracker.is_disproved:
        found = Urgency.DOUBTED
    elif tracker.proven_at is None:
        found = Urgency.NEVER_PROVEN
    elif tracker.was_standing or seen.at - tracker.bent_at <= BENDS_AGAIN_SECONDS:
        found = Urgency.STANDING
    elif tracker.is_still or seen.at - tracker.proven_at >= rotation_seconds:
        found = Urgency.ROTATION
    return found


def _has_news(tracker: PartitionTracker) -> bool:
    """Whether a finished walk could go on."""
    seen, walk = tracker.seen, tracker.reconciliation
    if seen is None or walk is None:
        return False
    return walk.target_read_up_to < seen.target_end or not walk.is_blocked
