"""End offsets as we saw them, with our own clock: between which two polls an offset was appended.

A log's end offset is noted at every poll, as runs: (end, first seen, last seen). The record at offset P
was appended after the last moment at which we saw an end of at most P, and not after the first moment at
which we saw an end beyond P:

    polls       t0      t1      t2      t3
    end > P     no      no      yes     yes        appended in (t1, t2]

Accuracy is the poll interval. A history that began with an end beyond P cannot say when P was appended:
the bound is open. Old runs are thinned, which widens bounds and never falsifies them.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass

_MAX_RUNS = 64


@dataclass(frozen=True, slots=True)
class AppendTime:
    """When an offset was appended, by our monotonic clock: after `after` (None: unknown), at latest `by`."""

    after: float | None
    by: float


class EndOffsetHistory:
    """The ends of one partition's log over time; offsets must not fall (`observe` tells if one did)."""

    __slots__ = ("_ends", "_first_seen", "_last_seen")

    def __init__(self) -> None:
        self._ends = array("q")
        self._first_seen = array("d")
        self._last_seen = array("d")

    @property
    def last_end(self) -> int | None:
        """The newest end seen."""
        return self._ends[-1] if self._ends else None

    def observe(self, end: int, *, asked_at: float, answered_at: float) -> bool:
        """Notes an end; False, and the history starts over, if it is below the last one.

        The end was read at some moment between the two times: what it excludes is excluded only since
        `asked_at`, what it includes is there at `answered_at`.
        """
        ends = self._ends
        if ends and end == ends[-1]:
            self._last_seen[-1] = asked_at
            return True
        is_growing = not ends or end > ends[-1]
        if not is_growing:
            self.forget()
        self._ends.append(end)
        self._first_seen.append(answered_at)
        self._last_seen.append(asked_at)
        if len(self._ends) > _MAX_RUNS:
            self._thin()
        return is_growing

    def forget(self) -> None:
        """Starts over: what was seen belongs to a log that is gone."""
        del self._ends[:], self._first_seen[:], self._last_seen[:]

    def append_time(self, offset: int) -> AppendTime | None:
        """When `offset` was appended; None while no end beyond it was seen."""
        beyond = bisect_right(self._ends, offset)
        if beyond == len(self._ends):
            return None
        after = self._last_seen[beyond - 1] if beyond else None
        return AppendTime(after, self._first_seen[beyond])

    def rate(self, *, since: float) -> float | None:
        """Offsets appended per second between the first run seen at or after `since` and the newest."""
        if len(self._ends) < 2:
            return None
        start = next((i for i, seen in enumerate(self._last_seen) if seen >= since), None)
        if start is None:
            return 0.0
        elapsed = self._last_seen[-1] - self._first_seen[start]
        return (self._ends[-1] - self._ends[start]) / elapsed if elapsed > 0 else None

    def _thin(self) -> None:
        """Drops every other run of the older half: what remains is still true, only coarser."""
        half = _MAX_RUNS // 2
        self._ends[:half] = self._ends[0:half:2]
        self._first_seen[:half] = self._first_seen[0:half:2]
        self._last_seen[:half] = self._last_seen[0:half:2]
