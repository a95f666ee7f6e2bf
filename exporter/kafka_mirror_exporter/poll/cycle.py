"""One cycle of one mirror: ask both clusters in the right order, judge, and hand out one reading."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kafka_mirror_exporter.clusters.reader import Isolation
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import Anchor, Side, TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.thresholds import Thresholds
from kafka_mirror_exporter.core.waiting import LogEnds
from kafka_mirror_exporter.errors import ClusterUnreachable, KafkaMirrorExporterError
from kafka_mirror_exporter.poll.ahead_poll import AheadPoll
from kafka_mirror_exporter.poll.assembly import Assembly, Findings
from kafka_mirror_exporter.poll.budget import ByteBudget
from kafka_mirror_exporter.poll.groups import Commit, GroupPoll, by_topic
from kafka_mirror_exporter.poll.health import side_health
from kafka_mirror_exporter.poll.internal import InternalPoll, read_mirror_group
from kafka_mirror_exporter.poll.ledger import Ledger
from kafka_mirror_exporter.poll.naming import NameFinder, Naming, Pairs, partition_pairs
from kafka_mirror_exporter.poll.positions import MirrorWitnesses, PositionPoll, Positions
from kafka_mirror_exporter.poll.settings import Clocks, MirrorSettings
from kafka_mirror_exporter.poll.side import Caller, ClusterSide, Deadline, Reads
from kafka_mirror_exporter.poll.side_groups import SideGroups
from kafka_mirror_exporter.poll.slow import SlowReads, TaskReader
from kafka_mirror_exporter.poll.stages import Stages
from kafka_mirror_exporter.poll.verification import verifier_of
from kafka_mirror_exporter.poll.watermarks import SideHistories, SideOffsets, WatermarkReader, Watermarks

_METADATA_SECONDS = 2.0
# What one partition and one committed offset add to /metrics, roughly.
_SERIES_OF_A_PARTITION, _SERIES_OF_A_COMMIT = 14, 3


class MirrorPoll:
    """Polls one mirror; everything it learns from poll to poll is its own, and used by one thread."""

    def __init__(
        self,
        settings: MirrorSettings,
        *,
        source: Caller,
        target: Caller,
        clocks: Clocks,
        ledger: Ledger,
        connect: TaskReader | None = None,
    ) -> None:
        self.settings = settings
        self.is_exactly_once = False
        self.clocks = clocks
        self.ledger = ledger
        interval = settings.interval_seconds
        self.source = ClusterSide(
            "source",
            source,
            ByteBudget(bytes_per_second=settings.source_bytes_per_second, interval_seconds=interval),
        )
        self.target = ClusterSide(
            "target",
            target,
            ByteBudget(bytes_per_second=settings.target_bytes_per_second, interval_seconds=interval),
        )
        self.stages = Stages(f"{settings.source}->{settings.target}", clocks.monotonic, clocks.wall)
        self.names = NameFinder(settings)
        self.positions = PositionPoll(
            verifier=verifier_of(settings, is_engaged=ledger.has_engaged),
            is_offset_preserving=settings.tool == "offset_preserving",
        )
        self.watermarks = WatermarkReader(clocks.monotonic, clocks.wall)
        self.ahead = AheadPoll(settings)
        self.groups = GroupPoll(
            source=SideGroups("source", settings.groups.names),
            target=SideGroups("target", settings.groups.names),
            abandoned_after=settings.groups.abandoned_after_seconds,
            is_per_topic=settings.groups.is_per_topic,
            with_offsets=settings.groups.with_offsets,
            threshold=settings.thresholds.group_lag,
        )
        self.slow = SlowReads(connect)
        self.internal = InternalPoll()
        self._read_as = self.reads
        self.assembly = Assembly(settings, ledger)
        self.polls = 0
        self.last: tuple[Findings, MirrorReading] | None = None
        self._kept_pairs: dict[TopicPartition, list[Anchor]] = {}

    def reconnect(self, side: Side, caller: Caller) -> None:
        """Goes on with other clients of the same cluster; what was learnt stays."""
        (self.source if side == "source" else self.target).caller = caller

    def use_thresholds(self, thresholds: Thresholds) -> None:
        """Goes on with other thresholds; what was learnt stays."""
        self.settings = replace(self.settings, thresholds=thresholds)
        self.ahead.settings = self.assembly.settings = self.settings
        self.groups.threshold = thresholds.group_lag

    # -- the poll --------------------------------------------------------------------------------

    def run(self) -> MirrorReading:
        """One poll; it always returns a reading, however much of it could not be measured."""
        started = self.clocks.monotonic()
        deadline = Deadline(self.clocks.monotonic, started + self.settings.timeout_seconds)
        self.stages.begin_poll()
        for side in (self.source, self.target):
            side.budget.begin_poll(now=started)
        with self.stages.run("metadata"):
            self._read_metadata(deadline)
        naming = self.names.find(self.source, self.target, now=started, deadline=deadline)
        pairs = partition_pairs(naming, self.source.metadata, self.target.metadata)
        witnesses = MirrorWitnesses()
        with self.stages.run("positions"):
            witnesses = self._with_kept_pairs(self.read_witnesses(naming, pairs, deadline))
        with self.stages.run("groups"):
            self.groups.read_commits(self.source, self.target, pairs, now=started, deadline=deadline)
        self._follow_isolation()
        marks = self._read_watermarks(pairs, deadline)
        findings = Findings(naming=naming, pairs=pairs, marks=marks, isolation=self.isolation)
        with self.stages.run("positions"):
            findings.positions = self.judge_positions(findings, witnesses, deadline)
        with self.stages.run("timestamps"):
            findings.commits = self._observe_groups(pairs, marks)
            logs = {side.side: self.log_ends(marks, side.side) for side in self.sides}
            self.ahead.read(findings, self.groups, sides=self.sides, logs=logs, deadline=deadline)
            self.note_clear_ranges(findings)
        with self.stages.run("groups"):
            self.groups.read_members(self.source, self.target, now=started, deadline=deadline)
        topics = [topic.topic for topic in naming.topics if topic.state != "not_selected"]
        self.slow.read(self.source, topics, now=marks.measured_monotonic, deadline=deadline)
        reading = self._hand_out(findings, started)
        self.last = (findings, reading)
        return reading

    def keep_pairs(self, pairs: Mapping[TopicPartition, Sequence[Anchor]]) -> None:
        """Keeps for the next poll what was read between two of them and not judged."""
        for tp, found in pairs.items():
            self._kept_pairs.setdefault(tp, []).extend(found)

    def _with_kept_pairs(self, witnesses: MirrorWitnesses) -> MirrorWitnesses:
        kept, self._kept_pairs = self._kept_pairs, {}
        if not kept:
            return witnesses
        new = {tp: [*kept.get(tp, ()), *witnesses.pairs.get(tp, ())] for tp in {*kept, *witnesses.pairs}}
        return replace(witnesses, pairs=new)

    @property
    def isolation(self) -> Isolation:
        """What the mirror's source consumer reads, as configured or as its markers on the target show."""
        if self.settings.isolation != "auto":
            return self.settings.isolation
        return "read_committed" if self.is_exactly_once else "read_uncommitted"

    @property
    def reads(self) -> Reads:
        """How both clusters are read."""
        return Reads(
            source=self.isolation, target="read_committed" if self.is_exactly_once else "read_uncommitted"
        )

    def _look_for_transactions(self) -> None:
        """Finds out, once, whether the mirror writes in transactions of its own."""
        topics = self.target.metadata.topics if self.target.metadata else {}
        if "__transaction_state" in topics and self.positions.verifier.has_marker_tails:
            self.is_exactly_once = True

    def _follow_isolation(self) -> None:
        """Forgets what was read at the other isolation level: other ends, and other records ahead."""
        self._look_for_transactions()
        if self.reads != self._read_as:
            self._read_as = self.reads
            self.watermarks.source, self.watermarks.target = SideHistories(), SideHistories()
            self.ahead = AheadPoll(self.settings)
            for tracker in self.positions.trackers.values():
                tracker.begin_anew()

    def _read_metadata(self, deadline: Deadline) -> None:
        timeout = deadline.remaining(at_most=_METADATA_SECONDS)
        started = [
            (side, side.submit(lambda reader: (reader.read_metadata(timeout=timeout), reader.traffic())))
            for side in self.sides
        ]
        failures = []
        for side, future in started:
            try:
                side.metadata, side.traffic = side.result(future, timeout=timeout)
                side.is_up, side.error = True, ""
            except KafkaMirrorExporterError as failure:
                side.is_up, side.error = False, str(failure)
                failures.append(f"{side.side}: {failure}")
        if failures:
            raise ClusterUnreachable("; ".join(failures))

    @property
    def sides(self) -> tuple[ClusterSide, ClusterSide]:
        """Source and target."""
        return self.source, self.target

    def read_witnesses(self, naming: Naming, pairs: Pairs, deadline: Deadline) -> MirrorWitnesses:
        """What the mirror has said of itself since it was last asked."""
        if self.settings.consumer_group is not None:
            side, group = self.settings.consumer_group
            return read_mirror_group(
                self.source if side == "source" else self.target, group, pairs=pairs, deadline=deadline
            )
        if self.settings.tool != "mirrormaker2":
            return MirrorWitnesses()
        return self.internal.read(
            naming.internal,
            self.source,
            self.target,
            pairs,
            source_alias=naming.source_alias,
            deadline=deadline,
        )

    def _read_watermarks(self, pairs: Pairs, deadline: Deadline) -> Watermarks:
        marks = Watermarks(
            source=SideOffsets(),
            target=SideOffsets(),
            measured_monotonic=self.clocks.monotonic(),
            measured_at=self.clocks.wall(),
        )
        with self.stages.run("watermarks"):
            marks = self.read_offsets(pairs, deadline)
            if not (self.source.is_up and self.target.is_up):
                self.stages.fail("watermarks")
        self._keep_only(pairs)
        return marks

    def read_offsets(self, pairs: Pairs, deadline: Deadline) -> Watermarks:
        """Where the logs of these partitions begin and end, on both sides."""
        return self.watermarks.read(
            self.source,
            self.target,
            source_partitions=list(pairs),
            target_partitions=[tp for tp in pairs.values() if tp is not None],
            isolation=self.isolation,
            target_isolation=self.reads.target,
            deadline=deadline,
        )

    def _keep_only(self, pairs: Pairs) -> None:
        """Drops the history of what is gone; while a cluster is down nothing is known to be gone."""
        if self.source.is_up and self.target.is_up:
            self.positions.keep_only(set(pairs))
            self.watermarks.source.keep_only(set(pairs))
            self.watermarks.target.keep_only({tp for tp in pairs.values() if tp is not None})

    def judge_positions(
        self, findings: Findings, witnesses: MirrorWitnesses, deadline: Deadline
    ) -> Positions:
        """How far the mirror has come in each partition; losses found on the way are kept."""
        pairs, marks, hidden = findings.pairs, findings.marks, findings.naming.hidden
        if not (self.source.is_up and self.target.is_up):
            down = Unmeasured(Reason.CLUSTER_UNREACHABLE, self.source.error or self.target.error)
            return dict.fromkeys(pairs, down)
        seen = {tp: target for tp, target in pairs.items() if tp.topic not in hidden}
        positions = self.positions.judge(
            seen,
            marks,
            witnesses,
            source=self.source,
            target=self.target,
            reads=self.reads,
            deadline=deadline,
        )
        for tp in self.positions.new_sources(pairs):
            self.watermarks.source.begin_anew(tp, at=marks.measured_monotonic)
            self.ahead.readers["source"].forget(tp)
        self.ledger.add(self.positions.new_losses(pairs), at=marks.measured_at)
        return positions | {tp: hidden[tp.topic] for tp in pairs.keys() - seen.keys()}

    def note_clear_ranges(self, findings: Findings) -> None:
        """Has the ledgers know which offsets ahead hold no data, and cannot be lost."""
        for tp, offsets in self.ahead.clear_ranges(findings).items():
            self.positions.trackers[tp].ledger.clear = offsets

    def _observe_groups(self, pairs: Pairs, marks: Watermarks) -> list[Commit]:
        trackers = self.positions.trackers
        return self.groups.observe(
            {
                "source": {tp: tp for tp in pairs},
                "target": {target: tp for tp, target in pairs.items() if target is not None},
            },
            anchors={tp: tracker.anchor for tp, tracker in trackers.items() if tracker.anchor is not None},
            at=marks.measured_monotonic,
        )

    def log_ends(self, marks: Watermarks, side: Side) -> LogEnds:
        """What lag is counted against on one side."""
        histories = self.watermarks.source if side == "source" else self.watermarks.target
        offsets = marks.source if side == "source" else marks.target
        return LogEnds(
            ends=offsets.judged_ends,
            histories=histories.by_partition,
            now=marks.measured_monotonic,
            wall=marks.measured_at,
        )

    def _hand_out(self, findings: Findings, started: float) -> MirrorReading:
        self.polls += 1
        logs: dict[Side, LogEnds] = {
            side.side: self.log_ends(findings.marks, side.side) for side in self.sides
        }
        columns = self.groups.columns(findings.commits, logs, self.ahead.readers)
        series = len(findings.pairs) * _SERIES_OF_A_PARTITION + len(columns.index) * _SERIES_OF_A_COMMIT
        is_limited = series > self.settings.max_series
        return self.assembly.reading(
            findings,
            is_series_limited=is_limited,
            logs=logs,
            ahead=self.ahead.readers["source"],
            positions=self.positions,
            group_columns=by_topic(columns) if is_limited or self.groups.is_per_topic else columns,
            groups=self.groups.summaries(columns, now=findings.marks.measured_monotonic),
            sides={
                "source": side_health(self.source, findings.marks.source),
                "target": side_health(self.target, findings.marks.target),
            },
            stages=self.stages.end_poll(),
            slow=self.slow,
            internal=self.internal,
            is_exactly_once=self.is_exactly_once,
            polls=self.polls,
            poll_duration_seconds=self.clocks.monotonic() - started,
        )
