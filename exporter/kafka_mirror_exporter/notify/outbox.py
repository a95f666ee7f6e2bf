"""What is still to be told to one receiver: names only; what is said of them is looked up when it is sent.

So a change supersedes the one before that was not accepted yet, no receiver is ever told of a state that is
over, and a backlog is never longer than there are topics.
"""

from collections import deque
from collections.abc import Iterable
from threading import Condition

Key = tuple[str, str, str]
"""Source, target, and a topic (or the name of a whole mirror)."""


class Outbox:
    """Keys in the order in which they came; those that changed before those that are told once more."""

    def __init__(self) -> None:
        self._changed: deque[Key] = deque()
        self._routine: deque[Key] = deque()
        self._waiting: set[Key] = set()
        self._condition = Condition()
        self._is_closed = False

    def put_changed(self, keys: Iterable[Key]) -> list[Key]:
        """Adds what has changed; those that were still waiting, and whose state is superseded now."""
        superseded = []
        with self._condition:
            for key in keys:
                if key not in self._waiting:
                    self._waiting.add(key)
                    self._changed.append(key)
                    continue
                superseded.append(key)
                if key not in self._changed:
                    self._routine.remove(key)
                    self._changed.append(key)
            self._condition.notify_all()
        return superseded

    def put_routine(self, keys: Iterable[Key]) -> None:
        """Adds what is told once more, unless it is waiting."""
        with self._condition:
            for key in keys:
                if key not in self._waiting:
                    self._waiting.add(key)
                    self._routine.append(key)
            self._condition.notify_all()

    def take(self, timeout: float) -> Key | None:
        """The next one; None if there is none in time, or no more ever."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._is_closed, timeout)
            if self._is_closed or not self._waiting:
                return None
            key = (self._changed or self._routine).popleft()
            self._waiting.discard(key)
            return key

    def close(self) -> None:
        """Nothing is taken any more."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
