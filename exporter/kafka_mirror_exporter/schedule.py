"""When workers poll: APScheduler wakes them at their interval, and without it they wake by themselves."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC
from typing import TypeVar

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

_log = logging.getLogger(__name__)

# APScheduler follows the wall clock and would sleep through one that was set back.
_SELF_WAKE_INTERVALS = 1.5
_BETWEEN_SECONDS = 1.0

T = TypeVar("T")


def _nothing() -> bool:
    """There is nothing to do between two cycles."""
    return False


class Worker:
    """One daemon thread that runs a cycle each time it is woken.

    A second after a cycle and from then on every second it does what is to be done `between` two of them,
    for as long as that says that there is more.
    `overlaps` counts wake-ups that came while the cycle before was still running.
    """

    def __init__(
        self,
        name: str,
        cycle: Callable[[], None],
        *,
        interval_seconds: float,
        between: Callable[[], bool] = _nothing,
    ) -> None:
        self.overlaps = 0
        self.interval_seconds = interval_seconds
        self.name = name
        self._cycle = cycle
        self._between = between
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins with a first cycle at once."""
        self._wake.set()
        self._thread.start()

    def wake(self) -> None:
        """Asks for a cycle."""
        if self._wake.is_set():
            self.overlaps += 1
            _log.warning("%s: a poll takes longer than its interval", self.name)
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread after the cycle it is in."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """Whether the thread ended in time; one that hangs is left behind."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._rest()
            if self._stopping.is_set():
                return
            # Cleared before the cycle: a wake-up that comes during it starts the next one at once.
            self._wake.clear()
            self._survive(self._cycle)

    def _rest(self) -> None:
        """Waits to be woken; what cannot wait as long is done every second meanwhile."""
        until = time.monotonic() + self.interval_seconds * _SELF_WAKE_INTERVALS
        has_more = self.interval_seconds >= 2 * _BETWEEN_SECONDS
        while not self._wake.wait(_BETWEEN_SECONDS if has_more else max(0.0, until - time.monotonic())):
            if time.monotonic() >= until:
                return
            has_more = bool(self._survive(self._between))

    def _survive(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Exception:  # noqa: BLE001  # the job's own place where a failure may not end the thread
            _log.exception("%s: a poll failed for a reason nobody foresaw", self.name)
            return None


class Schedule:
    """Wakes workers at their intervals until it is closed; they may come and go while it runs."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    def add(self, worker: Worker) -> None:
        """Starts a worker, with a first cycle at once."""
        self._workers[worker.name] = worker
        self._scheduler.add_job(worker.wake, "interval", seconds=worker.interval_seconds, id=worker.name)
        worker.start()

    def remove(self, workers: Collection[Worker], *, timeout: float) -> None:
        """Stops waking some workers, and gives them a moment to end."""
        for worker in workers:
            del self._workers[worker.name]
            self._scheduler.remove_job(worker.name)
            worker.stop()
        for worker in workers:
            worker.join(timeout / len(workers))

    def start(self) -> None:
        """Begins to wake."""
        self._scheduler.start()

    def close(self, *, timeout: float) -> None:
        """Stops waking, and gives the workers a moment to end."""
        self._scheduler.shutdown(wait=False)
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join(timeout / max(1, len(self._workers)))
