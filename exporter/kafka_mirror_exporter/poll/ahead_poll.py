"""Which records at positions and committed offsets are read in a poll: those that can change a number."""

from collections.abc import Iterable, Mapping

from kafka_mirror_exporter.core.drift import TimestampUse
from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import OffsetRange, Side, TopicPartition
from kafka_mirror_exporter.core.waiting import LogEnds, wait_use
from kafka_mirror_exporter.poll.ahead import AheadReader, Wanted
from kafka_mirror_exporter.poll.assembly import Findings
from kafka_mirror_exporter.poll.groups import GroupPoll
from kafka_mirror_exporter.poll.settings import MirrorSettings
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_MAX_RECORDS_PER_POLL = 1_000


class AheadPoll:
    """What stands ahead of positions and commits, on both sides of one mirror."""

    def __init__(self, settings: MirrorSettings) -> None:
        self._settings = settings
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
                wanted += self._wishes(findings, log, reader)
                in_use |= {(tp, findings.next_offset(tp)) for tp in findings.positions}
            reader.keep_only(in_use)
            reader.read(
                [wish for wish in wanted if self._settings.may_read(_source_topic(wish, findings, side))],
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

    def _wishes(self, findings: Findings, log: LogEnds, reader: AheadReader) -> list[Wanted]:
        wanted = []
        for tp, position in findings.positions.items():
            end = log.ends.get(tp)
            if end is None or isinstance(position, Unmeasured):
                continue
            offset = findings.next_offset(tp)
            if offset >= end:
                continue
            thresholds = self._settings.thresholds.of_topic(tp.topic)
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
        self._previous = {tp: findings.next_offset(tp) for tp in findings.positions}
        return wanted


def _source_topic(wish: Wanted, findings: Findings, side: Side) -> str:
    return wish.tp.topic if side == "source" else findings.naming.source_topics.get(wish.tp.topic, "")
