"""Reads where all logs begin and end, in the order that keeps lag from ever being too small.

The target's ends are read before the source's: a record mirrored in between makes lag too large by what
moved, never negative. Source log starts are read before the target's ends: what was deleted then and is not
on the target later was lost, or is still in flight.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kafka_mirror_exporter.clusters.reader import ClusterReader, Isolation, Offsets
from kafka_mirror_exporter.core.history import EndOffsetHistory
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.errors import ClusterUnreachable
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_NOTHING: Offsets = Offsets(found={}, failed={})
_CALL_SECONDS = 1.0
# A target that hangs may use up the poll's time; the source gets this much all the same.
_LEAST_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SideOffsets:
    """Where the logs of one cluster begin and end; `stable` only where the mirror reads committed."""

    log_starts: Offsets = _NOTHING
    ends: Offsets = _NOTHING
    stable: Offsets | None = None

    def failure(self, tp: TopicPartition) -> Unmeasured | None:
        """Why a partition has no offsets; None if it has."""
        for offsets in (self.ends, self.log_starts, self.stable):
            if offsets is not None and tp not in offsets.found:
                return offsets.failed.get(
                    tp, Unmeasured(Reason.LEADER_UNREACHABLE, "the cluster did not say where this log ends")
                )
        return None

    @property
    def judged_ends(self) -> Mapping[TopicPartition, int]:
        """The ends that lag is counted to."""
        return self.ends.found if self.stable is None else self.stable.found


@dataclass(slots=True)
class SideHistories:
    """The histories of end offsets of one cluster."""

    by_partition: dict[TopicPartition, EndOffsetHistory] = field(default_factory=dict)

    def observe(self, ends: Mapping[TopicPartition, int], *, asked_at: float, answered_at: float) -> None:
        """Notes the ends of a poll."""
        for tp, end in ends.items():
            history = self.by_partition.get(tp)
            if history is None:
                history = self.by_partition[tp] = EndOffsetHistory()
            history.observe(end, asked_at=asked_at, answered_at=answered_at)

    def keep_only(self, partitions: set[TopicPartition]) -> None:
        """Drops the histories of partitions that are gone."""
        for tp in self.by_partition.keys() - partitions:
            del self.by_partition[tp]

    def begin_anew(self, tp: TopicPartition, *, at: float) -> None:
        """Starts one partition over with the end it has now: what was seen before belongs to another log."""
        history = self.by_partition.get(tp)
        end = history.last_end if history else None
        if history is not None and end is not None:
            history.forget()
            history.observe(end, asked_at=at, answered_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """Both clusters' offsets, and when the source's ends were read (monotonic, wall)."""

    source: SideOffsets
    target: SideOffsets
    measured_monotonic: float
    measured_at: float


@dataclass(slots=True)
class WatermarkReader:
    """Reads the offsets of one mirror's partitions, and keeps the histories of both sides."""

    clock: Callable[[], float]
    wall: Callable[[], float]
    source: SideHistories = field(default_factory=SideHistories)
    target: SideHistories = field(default_factory=SideHistories)

    def read(
        self,
        source: ClusterSide,
        target: ClusterSide,
        *,
        source_partitions: Sequence[TopicPartition],
        target_partitions: Sequence[TopicPartition],
        isolation: Isolation,
        target_isolation: Isolation,
        deadline: Deadline,
    ) -> Watermarks:
        """Everything a poll needs to know of both logs; a cluster that is down leaves its side empty.

        With `target_isolation` read_committed the target's ends are its last stable offsets: what an
        exactly-once mirror has not committed is not mirrored.
        """
        source_leaders, target_leaders = source.leaders(source_partitions), target.leaders(target_partitions)
        timeout = deadline.remaining(at_most=_CALL_SECONDS)

        def read_starts(reader: ClusterReader) -> Offsets:
            return reader.read_log_start_offsets(source_leaders, timeout=timeout)

        def read_target(reader: ClusterReader) -> tuple[Offsets, Offsets]:
            ends = reader.read_end_offsets(target_leaders, isolation=target_isolation, timeout=timeout)
            return ends, reader.read_log_start_offsets(target_leaders, timeout=timeout)

        started = source.submit(read_starts) if source.is_up else None
        asked_at = self.clock()
        target_offsets = SideOffsets()
        if target.is_up:
            with _reporting_down(target):
                ends, starts = target.call(read_target, timeout=2 * timeout)
                target_offsets = SideOffsets(log_starts=starts, ends=ends)
        self.target.observe(target_offsets.ends.found, asked_at=asked_at, answered_at=self.clock())
        source_offsets = SideOffsets()
        asked_at = self.clock()
        if started is not None:
            with _reporting_down(source):
                starts = source.result(started, timeout=timeout)
                asked_at = self.clock()
                source_offsets = self._read_source(source, source_leaders, starts, isolation, deadline)
        measured = self.clock()
        self.source.observe(source_offsets.judged_ends, asked_at=asked_at, answered_at=measured)
        return Watermarks(
            source=source_offsets, target=target_offsets, measured_monotonic=measured, measured_at=self.wall()
        )

    @staticmethod
    def _read_source(
        source: ClusterSide,
        leaders: Mapping[TopicPartition, int],
        starts: Offsets,
        isolation: Isolation,
        deadline: Deadline,
    ) -> SideOffsets:
        timeout = max(_LEAST_SECONDS, deadline.remaining(at_most=_CALL_SECONDS))

        def read(reader: ClusterReader) -> tuple[Offsets, Offsets | None]:
            stable = None
            if isolation == "read_committed":
                stable = reader.read_end_offsets(leaders, isolation=isolation, timeout=timeout)
            return reader.read_end_offsets(leaders, isolation="read_uncommitted", timeout=timeout), stable

        ends, stable = source.call(read, timeout=2 * timeout)
        return SideOffsets(log_starts=starts, ends=ends, stable=stable)


class _reporting_down:  # noqa: N801  # reads as the claim it makes
    """Marks a side as down when no broker of it answers, and lets the other side go on."""

    def __init__(self, side: ClusterSide) -> None:
        self._side = side

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> bool:
        if isinstance(error, ClusterUnreachable):
            self._side.is_up, self._side.error = False, str(error)
            return True
        return False
