"""The thread of one receiver: tells it every change at once and everything from time to time, until accepted.

changes ──> outbox ──> what holds now ──> post ──accepted──> next
              ^                             └──refused──> waits (twice as long each time, with jitter)
              └─────────────────────────────────────────────┘
"""

import json
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Literal, get_args

from kafka_mirror_exporter.errors import NotDelivered
from kafka_mirror_exporter.notify.outbox import Key, Outbox

_log = logging.getLogger(__name__)

Outcome = Literal["delivered", "failed", "superseded"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How soon a post is tried again, and how often everything is told once more."""

    first_retry_seconds: float = 0.5
    longest_retry_seconds: float = 10.0
    repeat_seconds: float = 30.0

    def retry_after(self, failures: int, *, chance: float) -> float:
        """Seconds to wait after so many failures in a row; `chance` (0 to 1) spreads those who wait alike."""
        doubled = self.first_retry_seconds * 2.0 ** min(failures - 1, 30)
        return min(self.longest_retry_seconds, doubled) * (0.5 + chance / 2)


class Receiver:
    """Somebody who is told; `describe` gives what holds of a key now, or None where there is no such thing.

    `everything` is what is told from time to time. Nobody who offers something ever waits.
    """

    def __init__(
        self,
        name: str,
        post: Callable[[bytes], None],
        *,
        describe: Callable[[Key], object | None],
        everything: Callable[[], Iterable[Key]],
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self._post = post
        self._describe = describe
        self._everything = everything
        self._pace = pace or Pace()
        self._outbox = Outbox()
        self._counts: Counter[tuple[str, str, Outcome]] = Counter()
        self._counting = Lock()
        self._failures = 0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"receiver {name}", daemon=True)

    def start(self) -> None:
        """Begins to tell."""
        self._thread.start()

    def offer(self, keys: Iterable[Key]) -> None:
        """Has changes told as soon as possible."""
        for superseded in self._outbox.put_changed(keys):
            self._count(superseded, "superseded")

    def count(self, source: str, target: str, outcome: Outcome) -> int:
        """How often something came of telling about a mirror."""
        return self._counts[source, target, outcome]

    def close(self) -> None:
        """Tells nothing any more; a post that hangs is left behind."""
        self._stopping.set()
        self._outbox.close()

    def _run(self) -> None:
        repeat_at = time.monotonic() + self._pace.repeat_seconds
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= repeat_at:
                self._outbox.put_routine(self._everything())
                repeat_at = now + self._pace.repeat_seconds
            key = self._outbox.take(repeat_at - now)
            if key is not None and not self._tell(key):
                self.offer([key])
                wait = self._pace.retry_after(self._failures, chance=random.random())  # noqa: S311 - spreads retries, keeps no secret
                self._stopping.wait(wait)

    def _tell(self, key: Key) -> bool:
        """Whether it was accepted, or there is nothing to tell any more."""
        state = self._describe(key)
        if state is None:
            return True
        try:
            self._post(json.dumps(state).encode())
        except NotDelivered as failure:
            self._failures += 1
            self._count(key, "failed")
            if self._failures == 1:
                _log.warning("%s was not told, and is told again until it accepts: %s", self.name, failure)
            return False
        if self._failures:
            _log.info("%s accepts again after %d failures", self.name, self._failures)
        self._failures = 0
        self._count(key, "delivered")
        return True

    def _count(self, key: Key, outcome: Outcome) -> None:
        with self._counting:
            self._counts[key[0], key[1], outcome] += 1
