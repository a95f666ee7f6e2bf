"""All that a `serve` process answered of a topic's fallback, with the moments between which it was asked."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from rig.served import ServedFallback


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of one topic; it was true at some moment from `asked` to `answered` (monotonic)."""

    asked: float
    answered: float
    state: dict[str, Any]


@dataclass(slots=True)
class Answers:
    """Asks five times a second in a thread of its own, also while nobody answers."""

    served: ServedFallback
    given: list[Answer] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(0.2):
            asked = time.monotonic()
            try:
                states = self.served.states()
            except OSError:
                continue
            answered = time.monotonic()
            self.given += [Answer(asked=asked, answered=answered, state=state) for state in states.values()]

    def of(self, topic: str, *, since: float = 0.0) -> list[Answer]:
        """What was said of a topic from a moment on."""
        return [a for a in list(self.given) if a.state["topic"] == topic and a.asked >= since]

    def is_now(self, topic: str, *, engaged: bool | None, blind: bool | None = None) -> bool:
        """Whether the newest answer says so."""
        state = self.of(topic)[-1:]
        if not state or state[0].state["engaged"] is not engaged:
            return False
        return blind is None or state[0].state["blind"] is blind

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(20)
