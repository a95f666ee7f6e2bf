"""When a topic that is behind will have caught up.

From the recent rates of both logs: what the position gained on the end, over the last dozen polls, against
what is still behind. As good as the rates are steady; says nothing while the gap does not close.
"""

from collections import deque
from typing import NamedTuple

_POLLS = 12


class _Mark(NamedTuple):
    at: float
    position: int
    end: int


class Progress:
    """The position and end of one topic over the last polls, its partitions added up."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=_POLLS)

    def note(self, *, at: float, position: int, end: int) -> None:
        """Takes in one poll; `at` is our monotonic clock."""
        self._marks.append(_Mark(at, position, end))

    def catch_up_seconds(self, *, lag: int) -> float | None:
        """Seconds until `lag` offsets are gone; None while the gap does not close."""
        oldest, newest = self._marks[0], self._marks[-1]
        gained = (newest.position - oldest.position) - (newest.end - oldest.end)
        elapsed = newest.at - oldest.at
        return lag * elapsed / gained if gained > 0 and elapsed > 0 else None
