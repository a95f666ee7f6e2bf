"""One cluster as a poll sees it: its reader behind a thread, a deadline, and a budget for records."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from kafka_mirror_exporter.clusters.reader import ClusterMetadata, ClusterReader, Fetched, Isolation, Traffic
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, Side, TopicPartition
from kafka_mirror_exporter.poll.budget import ByteBudget

T = TypeVar("T")


class Caller(Protocol):
    """Runs calls on the thread that owns a cluster's clients."""

    def submit(self, call: Callable[[ClusterReader], T]) -> Future[T]:
        """Queues a call; its result is waited for with `result_of`."""

    def result_of(self, future: Future[T], timeout: float) -> T:
        """Waits for a call; past the timeout the cluster counts as hung: `ClusterUnreachable`."""

    def call(self, call: Callable[[ClusterReader], T], timeout: float) -> T:
        """Both in one."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by our monotonic clock after which nothing new is begun."""

    clock: Callable[[], float]
    at: float

    def remaining(self, *, at_most: float | None = None) -> float:
        """Seconds left, never below a small one that lets a call fail by itself."""
        left = max(0.05, self.at - self.clock())
        return left if at_most is None else min(left, at_most)

    @property
    def is_past(self) -> bool:
        """Whether it is too late to begin something."""
        return self.clock() >= self.at


# A call gets this much longer than what it was told, so that it can say itself what failed.
_GRACE_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """How each cluster is read: as the mirror reads its source, and as it writes its target."""

    source: Isolation = "read_uncommitted"
    target: Isolation = "read_uncommitted"


@dataclass(slots=True)
class ClusterSide:
    """One side of a mirror, during and between polls."""

    side: Side
    caller: Caller
    budget: ByteBudget
    metadata: ClusterMetadata | None = None
    is_up: bool = False
    known_brokers: set[int] = field(default_factory=set)
    error: str = ""
    traffic: Traffic = field(default_factory=lambda: Traffic(received_bytes=0, requests=0))

    def submit(self, call: Callable[[ClusterReader], T]) -> Future[T]:
        """Starts a call, so that both sides work side by side."""
        return self.caller.submit(call)

    def result(self, future: Future[T], *, timeout: float) -> T:
        """The result of a started call that was told `timeout`."""
        return self.caller.result_of(future, timeout + _GRACE_SECONDS)

    def call(self, call: Callable[[ClusterReader], T], *, timeout: float) -> T:
        """Runs a call that was told `timeout`."""
        return self.caller.call(call, timeout + _GRACE_SECONDS)

    def leaders(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The leader of each partition that the cluster has."""
        topics = self.metadata.topics if self.metadata else {}
        return {
            tp: topics[tp.topic][tp.partition]
            for tp in partitions
            if tp.partition in topics.get(tp.topic, ())
        }

    def fetch(
        self,
        ranges: Mapping[TopicPartition, OffsetRange],
        *,
        isolation: Isolation,
        deadline: Deadline,
        at_most_bytes: int | None = None,
    ) -> Fetched:
        """Reads records within what the budget still allows; what it does not is `budget_exhausted`."""
        ranges = {tp: wanted for tp, wanted in ranges.items() if len(wanted)}
        max_bytes = min(self.budget.available_bytes, at_most_bytes or self.budget.available_bytes)
        if not ranges or max_bytes <= 0 or deadline.is_past:
            if ranges:
                self.budget.note_exhausted()
            left = Unmeasured(Reason.BUDGET_EXHAUSTED, "no bytes or no time were left for reading records")
            return Fetched(found={}, failed=dict.fromkeys(ranges, left), received_bytes=0)
        timeout = deadline.remaining(at_most=1.5)
        fetched = self.call(
            lambda reader: reader.fetch_ranges(
                ranges, isolation=isolation, max_bytes=max_bytes, timeout=timeout
            ),
            timeout=timeout,
        )
        self.budget.spend(fetched.received_bytes)
        if any(failed.reason == Reason.BUDGET_EXHAUSTED for failed in fetched.failed.values()):
            self.budget.note_exhausted()
        return fetched
