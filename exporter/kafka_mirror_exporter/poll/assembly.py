"""Puts what a poll found into one reading: columns by partition, and what is said of topics."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kafka_mirror_exporter.clusters.reader import Isolation
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.progress import Progress
from kafka_mirror_exporter.core.reading import (
    NO_OFFSET,
    ORIGINS,
    UNVERIFIED,
    GroupColumns,
    GroupSummary,
    MirrorFacts,
    MirrorReading,
    PartitionColumns,
    SideHealth,
    StageHealth,
    TopicReading,
    TopicState,
)
from kafka_mirror_exporter.core.waiting import LogEnds, Wait, wait_at
from kafka_mirror_exporter.core.witnesses import MirrorPosition
from kafka_mirror_exporter.poll.ahead import AheadReader
from kafka_mirror_exporter.poll.groups import Commit
from kafka_mirror_exporter.poll.internal import InternalPoll
from kafka_mirror_exporter.poll.ledger import Ledger
from kafka_mirror_exporter.poll.naming import Naming, Pairs
from kafka_mirror_exporter.poll.positions import PositionPoll, Positions
from kafka_mirror_exporter.poll.settings import MirrorSettings
from kafka_mirror_exporter.poll.slow import SlowReads
from kafka_mirror_exporter.poll.watermarks import Watermarks

_UNKNOWN_WAIT = Unmeasured(
    Reason.TIMESTAMP_UNKNOWN,
    "no earlier poll bounds the wait, and the record at the position was not read yet",
)


@dataclass(slots=True)
class Findings:
    """What one poll found, filled stage by stage."""

    naming: Naming
    pairs: Pairs
    marks: Watermarks
    isolation: Isolation
    positions: Positions = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)

    def next_offset(self, tp: TopicPartition) -> int:
        """The next offset that can still be mirrored: the position, or where the log now starts."""
        position = self.positions.get(tp)
        if not isinstance(position, MirrorPosition):
            return NO_OFFSET
        return max(position.offset, self.marks.source.log_starts.found.get(tp, 0))


class Assembly:
    """Makes the readings of one mirror; keeps the index while partitions stay the same."""

    def __init__(self, settings: MirrorSettings, ledger: Ledger) -> None:
        self.settings = settings
        self._ledger = ledger
        self._index: tuple[TopicPartition, ...] = ()
        self._progress: dict[str, Progress] = {}
        self._standing: dict[TopicPartition, tuple[int, float]] = {}

    def reading(
        self,
        findings: Findings,
        *,
        logs: Mapping[Side, LogEnds],
        ahead: AheadReader,
        positions: PositionPoll,
        group_columns: GroupColumns,
        is_series_limited: bool,
        groups: tuple[GroupSummary, ...],
        sides: Mapping[Side, SideHealth],
        stages: Mapping[str, StageHealth],
        slow: SlowReads,
        internal: InternalPoll,
        is_exactly_once: bool,
        polls: int,
        poll_duration_seconds: float,
    ) -> MirrorReading:
        """The reading of a poll."""
        index = tuple(sorted(findings.pairs))
        self._index = self._index if self._index == index else index
        columns = self.columns(
            findings, index=self._index, log=logs["source"], ahead=ahead, positions=positions, slow=slow
        )
        settings, naming = self.settings, findings.naming
        return MirrorReading(
            source=settings.source,
            target=settings.target,
            measured_at=findings.marks.measured_at,
            measured_monotonic=findings.marks.measured_monotonic,
            poll_duration_seconds=poll_duration_seconds,
            polls=polls,
            sides=sides,
            stages=stages,
            facts=MirrorFacts(
                source_alias=naming.source_alias,
                target_alias=naming.target_alias,
                policy=naming.policy,
                separator=naming.separator,
                isolation_level=findings.isolation,
                exactly_once=is_exactly_once,
            ),
            topics=self._topics(findings, columns),
            partitions=columns,
            groups=groups,
            group_columns=group_columns,
            group_lag_threshold=settings.thresholds.group_lag,
            group_drift_threshold=settings.thresholds.group_drift,
            group_drift_records_threshold=settings.thresholds.group_drift_records,
            heartbeat_timestamp=internal.heartbeat_timestamp,
            connector_tasks=slow.tasks,
            series_limited=is_series_limited,
            undecodable_records=internal.undecodable,
        )

    # -- partitions ------------------------------------------------------------------------------

    def columns(
        self,
        findings: Findings,
        *,
        index: tuple[TopicPartition, ...],
        log: LogEnds,
        ahead: AheadReader,
        positions: PositionPoll,
        slow: SlowReads,
    ) -> PartitionColumns:
        """A row for each partition of the index, all of which the findings have."""
        columns = PartitionColumns.absent(index)
        unmeasured: dict[int, Unmeasured] = {}
        for row, tp in enumerate(index):
            self._fill_offsets(columns, row, tp, findings)
            self._fill_open_transaction(columns, row, tp, findings)
            tracker = positions.trackers.get(tp)
            if tracker is not None:
                columns.lost[row] = tracker.ledger.lost
                columns.resets[row] = tracker.resets
                columns.pre_mirror[row] = NO_OFFSET if tracker.pre_mirror is None else tracker.pre_mirror
            position = findings.positions.get(tp, Unmeasured(Reason.NO_WITNESS))
            if isinstance(position, Unmeasured):
                unmeasured[row] = position
                continue
            offset = findings.next_offset(tp)
            columns.position[row] = offset
            columns.origin[row] = ORIGINS.index(position.origin)
            columns.origin_age[row] = log.now - position.learnt_at
            columns.verified[row] = position.verified
            known = ahead.known(tp, offset)
            wait = wait_at(tp, offset, ahead=known, log=log)
            if isinstance(wait, Unmeasured):
                unmeasured[row] = wait
                continue
            if not self._fill_wait(columns, row, wait):
                unmeasured[row] = ahead.refused.get(tp, _UNKNOWN_WAIT)
            if known is not None and known.timestamp is not None and wait.records:
                self._fill_headroom(
                    columns, row, slow.retention_seconds.get(tp.topic), log.wall - known.timestamp
                )
            self._fill_timestamps(columns, row, tp, positions)
        return replace(columns, unmeasured=unmeasured)

    @staticmethod
    def _fill_offsets(columns: PartitionColumns, row: int, tp: TopicPartition, findings: Findings) -> None:
        marks, target_tp = findings.marks, findings.pairs[tp]
        columns.source_log_start[row] = marks.source.log_starts.found.get(tp, NO_OFFSET)
        columns.source_end[row] = marks.source.ends.found.get(tp, NO_OFFSET)
        if marks.source.stable is not None:
            columns.source_stable[row] = marks.source.stable.found.get(tp, NO_OFFSET)
        if target_tp is not None:
            columns.target_log_start[row] = marks.target.log_starts.found.get(target_tp, NO_OFFSET)
            columns.target_end[row] = marks.target.ends.found.get(target_tp, NO_OFFSET)

    def _fill_open_transaction(
        self, columns: PartitionColumns, row: int, tp: TopicPartition, findings: Findings
    ) -> None:
        """How long the last stable offset has stood still below the high watermark."""
        stable, end = columns.source_stable[row], columns.source_end[row]
        if NO_OFFSET in (stable, end):
            return
        if stable >= end:
            self._standing.pop(tp, None)
            return
        now = findings.marks.measured_monotonic
        stood_at, since = self._standing.get(tp, (stable, now))
        if stood_at != stable:
            since = now
        self._standing[tp] = (stable, since)
        columns.open_transaction[row] = now - since

    @staticmethod
    def _fill_wait(columns: PartitionColumns, row: int, wait: Wait) -> bool:
        """False if the seconds are not known."""
        columns.lag[row] = wait.records
        columns.drift_lower[row] = wait.drift.lower
        if wait.drift.seconds is None:
            return False
        columns.drift[row] = wait.drift.seconds
        columns.drift_upper[row] = float("nan") if wait.drift.upper is None else wait.drift.upper
        return True

    @staticmethod
    def _fill_headroom(columns: PartitionColumns, row: int, retention: float | None, age: float) -> None:
        if retention is not None:
            columns.headroom[row] = max(0.0, retention - age)

    @staticmethod
    def _fill_timestamps(
        columns: PartitionColumns, row: int, tp: TopicPartition, positions: PositionPoll
    ) -> None:
        """The newest records' timestamps, where the tail was read at the end the log still has."""
        tail = positions.verifier.tails.get(tp)
        tracker = positions.trackers.get(tp)
        if tail is None or tracker is None or tracker.judged_at_end != columns.target_end[row]:
            return
        columns.target_timestamp[row] = tail.timestamp_ms / 1000
        is_twin_newest = columns.position[row] == columns.source_end[row]
        if is_twin_newest and tracker.proven is not None and tail.timestamp_type != "append":
            columns.source_timestamp[row] = tail.timestamp_ms / 1000

    # -- topics ----------------------------------------------------------------------------------

    def _topics(self, findings: Findings, columns: PartitionColumns) -> tuple[TopicReading, ...]:
        rows: dict[str, list[int]] = {}
        for row, tp in enumerate(columns.index):
            rows.setdefault(tp.topic, []).append(row)
        readings = []
        for topic in findings.naming.topics:
            own = rows.get(topic.topic, [])
            thresholds = self.settings.thresholds.of_topic(topic.topic)
            state = self._state(topic.topic, topic.state, own, columns, thresholds.drift)
            readings.append(
                TopicReading(
                    topic=topic.topic,
                    target_topic=topic.target_topic,
                    state=state,
                    drift_threshold=thresholds.drift,
                    fallback_threshold=thresholds.fallback,
                    unverified_partitions=self._unverified(own, columns),
                    catch_up_seconds=self._catch_up(
                        topic.topic, own, columns, now=findings.marks.measured_monotonic
                    ),
                    last_loss_timestamp=self._ledger.last_loss_at.get(topic.topic),
                    unmeasured=topic.unmeasured or findings.naming.unmeasured,
                )
            )
        gone = self._progress.keys() - rows.keys()
        for name in gone:
            del self._progress[name]
        return tuple(readings)

    def _state(
        self,
        topic: str,
        state: TopicState,
        rows: list[int],
        columns: PartitionColumns,
        threshold: float | None,
    ) -> TopicState:
        """Whether a mirrored topic is blind, or still in its declared initial sync."""
        if state != "mirroring":
            return state
        is_whole = all(columns.drift[row] == columns.drift[row] for row in rows)  # not NaN
        if self.settings.is_initial_sync and topic not in self._ledger.synced_topics:
            worst = max((columns.drift[row] for row in rows), default=0.0)
            if not is_whole or (threshold is not None and worst >= threshold):
                return "initial_sync"
            self._ledger.end_initial_sync(topic)
        return "mirroring" if is_whole else "blind"

    @staticmethod
    def _unverified(rows: list[int], columns: PartitionColumns) -> int:
        return sum(
            1 for row in rows if columns.position[row] != NO_OFFSET and columns.verified[row] == UNVERIFIED
        )

    def _catch_up(
        self, topic: str, rows: list[int], columns: PartitionColumns, *, now: float
    ) -> float | None:
        """How long a topic that is behind will still be; None while one of its partitions is not known."""
        if not rows or any(columns.lag[row] == NO_OFFSET for row in rows):
            return None
        progress = self._progress.setdefault(topic, Progress())
        progress.note(
            at=now,
            position=sum(columns.position[row] for row in rows),
            end=sum(columns.source_end[row] for row in rows),
        )
        if not max(columns.drift[row] for row in rows) > 2 * self.settings.interval_seconds:
            return None
        return progress.catch_up_seconds(lag=sum(columns.lag[row] for row in rows))
