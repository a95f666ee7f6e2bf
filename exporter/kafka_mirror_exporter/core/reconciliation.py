"""Position by reading both logs: the first source record that the target does not hold.

Where the straight line from an anchor is disproved (resent duplicates, commit markers, a second writer,
holes), both logs are read on from the last proven pair. The target's records go into a bag of fingerprints;
then the source is walked in order, and each record found in the bag is taken out of it and passed. The walk
stops at the first record that is not in the bag: that is the position.

    source   P  a  b  c  d  e          target after the pair:   a  x  b  b  e
             ^ proven pair             a, b pass; c is missing: position = offset of c,
                                       though e, a second writer's copy, stands at the tail

Invariants: the position never falls; every source record below it is on the target, or is no data (marker,
aborted, compacted away, deleted). A copy that a second writer made counts as mirrored only once all
before it is there: that is what "nothing is missing" means. When the bag is too full, what it forgets
can make the position too low, never too high.
"""

from collections import Counter
from collections.abc import Iterable

from kafka_mirror_exporter.core.offsets import OffsetRange

MAX_FINGERPRINTS = 50_000


class Reconciliation:
    """The walk along one partition, continued from poll to poll until the tail explains itself."""

    __slots__ = (
        "_bag",
        "_bag_size",
        "_last_passed",
        "_tail",
        "deleted",
        "is_blocked",
        "passed",
        "position",
        "target_read_up_to",
    )

    def __init__(self, *, upstream: int, downstream: int) -> None:
        self.position = upstream
        self.target_read_up_to = downstream
        self.is_blocked = False
        self.passed = 0
        self.deleted: OffsetRange | None = None
        self._bag: Counter[int] = Counter()
        self._bag_size = 0
        self._tail: int | None = None
        self._last_passed: int | None = None

    def add_target(self, fingerprints: Iterable[int], *, read_up_to: int) -> None:
        """Puts the target's next records into the bag."""
        for fingerprint in fingerprints:
            self._tail = fingerprint
            if self._bag_size < MAX_FINGERPRINTS:
                self._bag[fingerprint] += 1
                self._bag_size += 1
        self.target_read_up_to = max(self.target_read_up_to, read_up_to)

    def walk_source(self, records: Iterable[tuple[int, int]]) -> None:
        """Passes the source's next records, (offset, fingerprint), as far as the target holds them."""
        self.is_blocked = False
        for offset, fingerprint in records:
            if offset < self.position:
                continue
            if not self._bag.get(fingerprint):
                self.is_blocked = True
                break
            self._bag[fingerprint] -= 1
            self._bag_size -= 1
            self.position = offset + 1
            self.passed += 1
            self._last_passed = fingerprint

    @property
    def is_in_step(self) -> bool:
        """Whether the last record passed is the target's last record.

        Then (`position`, `target_read_up_to`) is an anchor as good as any.
        """
        return self._last_passed is not None and self._last_passed == self._tail

    @property
    def unexplained(self) -> int:
        """How many of the target's records have no twin on the source yet."""
        return self._bag_size

    def skip_deleted(self, log_start: int) -> None:
        """Passes what the source no longer holds, and keeps it in mind (`deleted`)."""
        if log_start > self.position:
            self.deleted = OffsetRange(self.deleted.start if self.deleted else self.position, log_start)
            self.position = log_start

    def skip_mirrored(self, offset: int) -> None:
        """Passes what the mirror itself has stored as done."""
        self.position = max(self.position, offset)
