"""A thread that owns one cluster's reader, so that a hung client never hangs who asks.

A call that misses its deadline makes the worker behind it *hung*: it is abandoned with its reader, what it
still brings is dropped, and one replacement takes over. While both hang, calls fail at once. A hung worker
that comes back closes its reader and ends, which makes room for the next replacement.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from kafka_mirror_exporter.clusters.reader import ClusterReader
from kafka_mirror_exporter.errors import ClusterUnreachable

T = TypeVar("T")

_WORKERS: Final = 2  # the one in use and one that hangs
_PUMP_SECONDS: Final = 1.0

_Task = tuple["Future[Any]", Callable[[ClusterReader], Any]]


class _Worker:
    """One generation: a thread, its reader, and what it was asked."""

    def __init__(self, name: str, open_reader: Callable[[], ClusterReader]) -> None:
        self.is_abandoned = False
        self._open_reader = open_reader
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, task: _Task) -> None:
        self._tasks.put(task)

    def stop(self) -> None:
        """Ends the thread after the call it is in; what is queued fails."""
        self.is_abandoned = True
        self._fail_rest()
        self._tasks.put(None)

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        reader: ClusterReader | None = None
        while (task := self._next(reader)) is not None:
            future, call = task
            if self.is_abandoned or not future.set_running_or_notify_cancel():
                _fail(future)
                continue
            try:
                reader = reader or self._open_reader()
                result = call(reader)
            except BaseException as exc:  # noqa: BLE001 - handed to whoever asked, as any executor does
                _settle(future, failure=exc)
            else:
                _settle(future, result=result)
        if reader:
            reader.close()
        self._fail_rest()

    def _next(self, reader: ClusterReader | None) -> _Task | None:
        while not self.is_abandoned:
            try:
                return self._tasks.get(timeout=_PUMP_SECONDS)
            except Empty:
                if reader:
                    # Also what makes librdkafka deliver its errors and statistics.
                    reader.traffic()
        return None

    def _fail_rest(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task:
                _fail(task[0])


class IoThread:
    """Runs calls on the reader of one cluster, in order, and bounds how long anyone waits for them."""

    def __init__(self, name: str, open_reader: Callable[[], ClusterReader]) -> None:
        self.replacements = 0
        self._name = name
        self._open_reader = open_reader
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._owners: WeakKeyDictionary[Future[Any], _Worker] = WeakKeyDictionary()
        self._generation = 0
        self._is_closed = False

    @property
    def is_hung(self) -> bool:
        """Whether a worker is stuck in a call whose deadline has passed."""
        with self._lock:
            return any(worker.is_abandoned and worker.is_alive for worker in self._workers)

    def submit(self, call: Callable[[ClusterReader], T]) -> "Future[T]":
        """Queues a call, whose result `result_of` waits for."""
        future: Future[T] = Future()
        with self._lock:
            worker = self._usable_worker()
            self._owners[future] = worker
            worker.submit((future, call))
        return future

    def call(self, call: Callable[[ClusterReader], T], timeout: float) -> T:
        """The call's result, or `ClusterUnreachable` when it is not there after `timeout` seconds.

        `timeout` counts from now, the calls queued before it included: give it more than the call's own.
        """
        return self.result_of(self.submit(call), timeout)

    def result_of(self, future: "Future[T]", timeout: float) -> T:
        """The result of a submitted call; past `timeout` seconds its worker is given up."""
        try:
            return future.result(timeout)
        except TimeoutError as exc:
            if future.done():
                raise
            self._owners[future].stop()
            raise ClusterUnreachable(f"{self._name}: no answer after {timeout:g} s") from exc

    def close(self, timeout: float) -> None:
        """Closes the reader; a hung one is left behind after `timeout` seconds."""
        with self._lock:
            self._is_closed = True
            workers = list(self._workers)
        for worker in workers:
            worker.stop()
        for worker in workers:
            if not worker.is_abandoned or worker is workers[-1]:
                worker.join(timeout)

    def _usable_worker(self) -> _Worker:
        self._workers = [worker for worker in self._workers if worker.is_alive]
        for worker in self._workers:
            if not worker.is_abandoned:
                return worker
        if self._is_closed:
            raise ClusterUnreachable(f"{self._name}: closed")
        if len(self._workers) >= _WORKERS:
            raise ClusterUnreachable(f"{self._name}: hung, and so is its replacement")
        if self._generation:
            self.replacements += 1
        self._generation += 1
        worker = _Worker(f"{self._name}-{self._generation}", self._open_reader)
        self._workers.append(worker)
        return worker


def _fail(future: "Future[Any]") -> None:
    _settle(future, failure=ClusterUnreachable("the thread that should have asked was given up"))


def _settle(future: "Future[Any]", *, result: Any = None, failure: BaseException | None = None) -> None:
    if future.done():
        return
    if failure:
        future.set_exception(failure)
    else:
        future.set_result(result)
