"""Numbers of posts, which never fall: not over a restart, nor when the wall clock is set back."""

from collections.abc import Callable
from threading import Lock


class Sequence:
    """Rises with every post of this process.

    Begins at the milliseconds of the wall clock, so that a life without memory begins above the one before
    it, or above what `kept` from that life where there is more. `reserve` is told every number.
    """

    def __init__(self, *, kept: int, wall: float, reserve: Callable[[int], None]) -> None:
        self._last = max(kept, int(wall * 1000))
        self._reserve = reserve
        self._lock = Lock()

    def next(self) -> int:
        """A number above all that were handed out."""
        with self._lock:
            self._last += 1
            self._reserve(self._last)
            return self._last
