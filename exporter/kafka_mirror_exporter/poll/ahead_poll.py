"""Which records at positions and committed offsets are read in a poll: those that can change a number."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kafka_mirror_exporter.clusters.reader import NO_OFFSET
from kafka_mirror_exporter.core.drift import TimestampUse
from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, Side, TopicPartition
from kafka_mirror_exporter.core.waiting import LogEnds, wait_use
from kafka_mirror_exporter.errors import ApiUnavailable
from kafka_mirror_exporter.poll.ahead import AheadReader, Wanted
from kafka_mirror_exporter.poll.assembly import Findings
from kafka_mirror_exporter.poll.groups import GroupPoll
from kafka_mirror_exporter.poll.settings import MirrorSettings
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_MAX_RECORDS_PER_POLL = 1_000
_LOOK_UP_FROM = 50
_PROVEN_OLD = -1


class AheadPoll:
    """What stands ahead of positions and commits, on both sides of one mirror."""

    def __init__(self, settings: MirrorSettings) -> None:
        self.settings = settings
        self._previous: dict[TopicPartition, int] = {}
        self.readers: dict[Side, AheadReader] = {
            "source": AheadReader("source"),
            "target": AheadReader("target"),
        }

    def read(
        self,
        findings: Findings,
        groups: GroupPoll,
        *,
        sides: Iterable[ClusterSide],
        logs: Mapping[Side, LogEnds],
        deadline: Deadline,
    ) -> None:
        """Reads on both sides, as far as budget and time allow; what nobody stands at is forgotten."""
        for cluster in sides:
            if not cluster.is_up:
                continue
            side = cluster.side
            reader, log = self.readers[side], logs[side]
            wanted = groups.wishes(
                findings.commits, groups.source if side == "source" else groups.target, log, reader
            )
            in_use = {(commit.own, commit.offset) for commit in findings.commits if commit.side == side}
            if side == "source":
                wanted += self._oldest_first(self._wishes(findings, log, reader), cluster, log, deadline)
                in_use |= {(tp, findings.next_offset(tp)) for tp in findings.positions}
                self._previous = {tp: findings.next_offset(tp) for tp in findings.positions}
            reader.keep_only(in_use)
            self._read(wanted, findings, cluster=cluster, deadline=deadline)

    def read_source(
        self, findings: Findings, *, cluster: ClusterSide, log: LogEnds, deadline: Deadline
    ) -> None:
        """Reads what stands ahead of a few positions between two polls, and forgets nothing."""
        wanted = self._wishes(findings, log, self.readers["source"])
        self._previous |= {tp: findings.next_offset(tp) for tp in findings.positions}
        self._read(wanted, findings, cluster=cluster, deadline=deadline)

    def _read(
        self, wanted: Iterable[Wanted], findings: Findings, *, cluster: ClusterSide, deadline: Deadline
    ) -> None:
        side = cluster.side
        self.readers[side].read(
            [wish for wish in wanted if self.settings.may_read(_source_topic(wish, findings, side))],
            cluster=cluster,
            isolation=findings.isolation if side == "source" else "read_uncommitted",
            deadline=deadline,
            limit=_MAX_RECORDS_PER_POLL,
        )

    def clear_ranges(self, findings: Findings) -> dict[TopicPartition, OffsetRange]:
        """Offsets from a position on that were read and hold no data."""
        ranges = {}
        for tp in findings.positions:
            offset = findings.next_offset(tp)
            known = self.readers["source"].known(tp, offset)
            if known is not None and known.clear_up_to > offset:
                ranges[tp] = OffsetRange(offset, known.clear_up_to)
        return ranges

    def _oldest_first(
        self, wanted: list[Wanted], cluster: ClusterSide, log: LogEnds, deadline: Deadline
    ) -> list[Wanted]:
        """Where no history tells who waits longest, as at start, one lookup by time does, for all at once.

        A first record of the threshold's age that lies beyond an offset proves that the offset is older; that
        none does proves nothing, for timestamps need not be in order.
        """
        unknown = {w.tp: w for w in wanted if w.priority == TimestampUse.ONLY_EVIDENCE}
        if len(unknown) < _LOOK_UP_FROM:
            return wanted
        thresholds = {tp: self.settings.thresholds.of_topic(tp.topic).drift for tp in unknown}
        asked = {tp: int((log.wall - age) * 1000) for tp, age in thresholds.items() if age is not None}
        timeout = deadline.remaining(at_most=1.0)
        leaders = cluster.leaders(asked)
        try:
            found = cluster.call(
                lambda reader: reader.read_offsets_at(asked, leaders, timeout=timeout), timeout=timeout
            ).found
        except ApiUnavailable:
            return wanted
        old = {tp for tp, offset in found.items() if offset == NO_OFFSET or offset > unknown[tp].offset}
        return [replace(w, priority=_PROVEN_OLD) if w.tp in old else w for w in wanted]

    def _wishes(self, findings: Findings, log: LogEnds, reader: AheadReader) -> list[Wanted]:
        wanted = []
        for tp, position in findings.positions.items():
            end = log.ends.get(tp)
            if end is None or isinstance(position, Unmeasured):
                continue
            offset = findings.next_offset(tp)
            if offset >= end:
                continue
            thresholds = self.settings.thresholds.of_topic(tp.topic)
            ahead = reader.known(tp, offset)
            use = wait_use(
                tp,
                offset,
                ahead=ahead,
                log=log,
                thresholds=tuple(t for t in (thresholds.drift, thresholds.fallback) if t is not None),
            )
            if use is None and ahead is None and self._previous.get(tp) == offset:
                # Standing still: a residue of markers must not be taken for lag.
                use = TimestampUse.SHARPENS
            if use is not None:
                wanted.append(Wanted(tp=tp, offset=offset, end=end, priority=use))
        return wanted


def _source_topic(wish: Wanted, findings: Findings, side: Side) -> str:
    return wish.tp.topic if side == "source" else findings.naming.source_topics.get(wish.tp.topic, "")
