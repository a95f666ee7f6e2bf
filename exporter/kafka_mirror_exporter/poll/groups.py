"""Consumer groups on both clusters: committed offsets, lag in records and seconds, members."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isnan
from typing import NamedTuple

from kafka_mirror_exporter.core.drift import TimestampUse
from kafka_mirror_exporter.core.groups import GroupLife
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import Anchor, Side, TopicPartition
from kafka_mirror_exporter.core.reading import (
    NAN,
    NO_OFFSET,
    WHOLE_TOPIC,
    GroupColumns,
    GroupSummary,
)
from kafka_mirror_exporter.core.waiting import LogEnds, wait_at, wait_use
from kafka_mirror_exporter.errors import KafkaMirrorExporterError
from kafka_mirror_exporter.poll.ahead import AheadReader, Wanted
from kafka_mirror_exporter.poll.naming import Pairs
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline
from kafka_mirror_exporter.poll.side_groups import SideGroups

_CALL_SECONDS = 1.5
_DESCRIBE_SECONDS = 1.0
_TIMESTAMP_UNKNOWN = Unmeasured(Reason.TIMESTAMP_UNKNOWN, "no history yet, and the record was not read")

GroupRow = tuple[Side, str, TopicPartition]


class Commit(NamedTuple):
    """A committed offset: `tp` by the source topic's name, `own` by the name on its own cluster."""

    side: Side
    group: str
    tp: TopicPartition
    own: TopicPartition
    offset: int


@dataclass(slots=True)
class GroupPoll:
    """The groups of a mirror, on both sides."""

    source: SideGroups
    target: SideGroups
    abandoned_after: float
    is_per_topic: bool
    with_offsets: bool
    threshold: float | None
    lives: dict[str, GroupLife] = field(default_factory=dict)
    _index: tuple[GroupRow, ...] = ()

    def read_commits(
        self, source: ClusterSide, target: ClusterSide, pairs: Pairs, *, now: float, deadline: Deadline
    ) -> None:
        """Target first: a commit that MirrorMaker copies in between cannot look like one that skips.

        A group that one side lists is asked for on the other, too: it may be hidden there, or gone. A side
        that fails leaves the other its numbers, and raises afterwards.
        """
        failures: list[KafkaMirrorExporterError] = []
        sides = (
            (self.target, target, [tp for tp in pairs.values() if tp is not None]),
            (self.source, source, list(pairs)),
        )
        for groups, side, _ in sides:
            if side.is_up:
                groups.list_names(side, now=now, timeout=deadline.remaining(at_most=_CALL_SECONDS))
        names = sorted({*self.source.names, *self.target.names})
        for groups, side, known in sides:
            timeout = deadline.remaining(at_most=_CALL_SECONDS)
            try:
                groups.read_offsets(side, names, known_partitions=known, timeout=timeout)
            except KafkaMirrorExporterError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def read_members(
        self, source: ClusterSide, target: ClusterSide, *, now: float, deadline: Deadline
    ) -> None:
        """Who is a member of what, from time to time and as far as there is time left."""
        for groups, side in ((self.target, target), (self.source, source)):
            if side.is_up and not deadline.is_past:
                groups.read_members(side, now=now, timeout=deadline.remaining(at_most=_DESCRIBE_SECONDS))

    def observe(
        self,
        names: Mapping[Side, Mapping[TopicPartition, TopicPartition]],
        *,
        anchors: Mapping[TopicPartition, Anchor],
        at: float,
    ) -> list[Commit]:
        """Takes in what was read of the selected partitions; `names` gives each its source topic's name."""
        commits: list[Commit] = []
        for side in (self.source, self.target):
            own_names = names[side.side]
            for group, committed in side.offsets.found.items():
                kept = {own_names[own]: offset for own, offset in committed.items() if own in own_names}
                commits.extend(
                    Commit(side.side, group, own_names[own], own, offset)
                    for own, offset in committed.items()
                    if own in own_names
                )
                if kept or (group in self.lives and side.side in self.lives[group].committed):
                    life = self.lives.setdefault(group, GroupLife())
                    life.observe_commits(side.side, kept, at=at)
                    if side.side == "target":
                        for tp in kept.keys() & anchors.keys():
                            life.observe_anchor(tp, anchors[tp])
            for group, count in side.members.items():
                if group in self.lives:
                    self.lives[group].observe_members(side.side, count)
        self._forget_the_gone()
        return commits

    def _forget_the_gone(self) -> None:
        for group, life in list(self.lives.items()):
            for side in (self.source, self.target):
                if side.missed is None and not side.offsets.found.get(group) and side.failure(group) is None:
                    life.disappear(side.side)
            if not life.committed:
                del self.lives[group]

    def wishes(
        self, commits: Iterable[Commit], side: SideGroups, ends: LogEnds, reader: AheadReader
    ) -> list[Wanted]:
        """What should be read to say how long the first unread records have been waiting."""
        thresholds = () if self.threshold is None else (self.threshold,)
        wanted = []
        for commit in commits:
            end = ends.ends.get(commit.own)
            if commit.side != side.side or end is None or commit.offset >= end:
                continue
            ahead = reader.known(commit.own, commit.offset)
            use = wait_use(commit.own, commit.offset, ahead=ahead, log=ends, thresholds=thresholds)
            is_standing = side.previous.get((commit.group, commit.own)) == commit.offset
            if use is None and is_standing and ahead is None:
                use = TimestampUse.SHARPENS
            if use is not None:
                wanted.append(Wanted(tp=commit.own, offset=commit.offset, end=end, priority=use))
        return wanted

    def columns(
        self, commits: list[Commit], ends: Mapping[Side, LogEnds], readers: Mapping[Side, AheadReader]
    ) -> GroupColumns:
        """Lag of every commit, in records and in seconds, or why not."""
        commits = sorted(commits)
        index = tuple((c.side, c.group, c.tp) for c in commits)
        if index == self._index:
            index = self._index
        columns = GroupColumns.absent(index)
        unmeasured: dict[int, Unmeasured] = {}
        for row, commit in enumerate(commits):
            if self.with_offsets:
                columns.committed[row] = commit.offset
            known = readers[commit.side].known(commit.own, commit.offset)
            lag = wait_at(commit.own, commit.offset, ahead=known, log=ends[commit.side])
            if isinstance(lag, Unmeasured):
                unmeasured[row] = lag
                continue
            columns.lag[row] = lag.records
            if lag.drift.seconds is None:
                unmeasured[row] = readers[commit.side].refused.get(commit.own, _TIMESTAMP_UNKNOWN)
            else:
                columns.lag_seconds[row] = lag.drift.seconds
                columns.lag_lower[row] = lag.drift.lower
                columns.lag_upper[row] = lag.drift.upper if lag.drift.upper is not None else float("nan")
        self._index = index
        return replace(columns, unmeasured=unmeasured)

    def summaries(self, columns: GroupColumns, *, now: float) -> tuple[GroupSummary, ...]:
        """Where each group lives."""
        longest: dict[tuple[str, Side], float] = {}
        for row, (side, group, _) in enumerate(columns.index):
            wait = columns.lag_seconds[row]
            if not isnan(wait):
                longest[group, side] = max(longest.get((group, side), 0.0), wait)
        summaries = [
            self._summary(group, life, longest_wait=longest.get((group, life.judged_side)), now=now)
            for group, life in self.lives.items()
        ]
        hidden = {**self.target.offsets.failed, **self.source.offsets.failed}
        summaries += [
            GroupSummary(group=group, state="unmeasured", judged_side="source", members={}, unmeasured=why)
            for group, why in hidden.items()
            if group not in self.lives
        ]
        return tuple(sorted(summaries, key=lambda summary: summary.group))

    def _summary(
        self, group: str, life: GroupLife, *, longest_wait: float | None, now: float
    ) -> GroupSummary:
        failed = self._failure(group, life)
        state = life.state(now=now, abandoned_after=self.abandoned_after, longest_wait=longest_wait)
        return GroupSummary(
            group=group,
            state="unmeasured" if failed else state,
            judged_side=life.judged_side,
            members={
                side.side: side.members[group] for side in (self.source, self.target) if group in side.members
            },
            unmeasured=failed,
        )

    def _failure(self, group: str, life: GroupLife) -> Unmeasured | None:
        """Why nobody knows how the group fares: its side was not read, or the one that decides its side."""
        failed = self.source.failure(group) if not life.was_active_on_target else None
        return failed or (self.target.failure(group) if life.judged_side == "target" else None)


def by_topic(columns: GroupColumns) -> GroupColumns:
    """Rows summed over the partitions of a topic: records added up, the longest wait taken.

    A topic's row has partition `WHOLE_TOPIC`; one partition that was not measured leaves the topic's lag out.
    """
    keys = sorted({(side, group, tp.topic) for side, group, tp in columns.index})
    rows = {key: row for row, key in enumerate(keys)}
    summed = GroupColumns.absent(tuple((s, g, TopicPartition(t, WHOLE_TOPIC)) for s, g, t in keys))
    unmeasured: dict[int, Unmeasured] = {}
    for old, (side, group, tp) in enumerate(columns.index):
        row = rows[side, group, tp.topic]
        if old in columns.unmeasured:
            unmeasured[row] = columns.unmeasured[old]
            continue
        for name in ("committed", "lag"):
            column, value = getattr(summed, name), getattr(columns, name)[old]
            column[row] = value if column[row] == NO_OFFSET else column[row] + max(value, 0)
        for name in ("lag_seconds", "lag_lower", "lag_upper"):
            column, wait = getattr(summed, name), getattr(columns, name)[old]
            column[row] = wait if isnan(column[row]) else max(column[row], wait)
    for row in unmeasured:
        summed.lag[row], summed.lag_seconds[row] = NO_OFFSET, NAN
    return replace(summed, unmeasured=unmeasured)
