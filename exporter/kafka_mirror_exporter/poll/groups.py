"""Consumer groups on both clusters: committed offsets, lag in records and seconds, members."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isnan
from typing import NamedTuple

from kafka_mirror_exporter.clusters.reader import ClusterReader, GroupListing, GroupOffsets
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
from kafka_mirror_exporter.errors import ApiUnavailable
from kafka_mirror_exporter.poll.ahead import AheadReader, Wanted
from kafka_mirror_exporter.poll.naming import Pairs
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_log = logging.getLogger(__name__)

_LIST_EVERY_SECONDS = 4.0
_DESCRIBE_EVERY_SECONDS = 15.0
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
class SideGroups:
    """The groups of one cluster, carried from poll to poll."""

    side: Side
    selects: Callable[[str], bool]
    named: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    listed_at: float | None = None
    described_at: float | None = None
    described: tuple[str, ...] = ()
    listing_failed: Unmeasured | None = None
    offsets: GroupOffsets = field(default_factory=lambda: GroupOffsets(found={}, failed={}))
    members: dict[str, int] = field(default_factory=dict)
    previous: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)

    def read_offsets(
        self, cluster: ClusterSide, *, known_partitions: Iterable[TopicPartition], now: float, timeout: float
    ) -> None:
        """Reads the commits of all selected groups; the list of groups from time to time."""
        self.previous = {(g, tp): o for g, commits in self.offsets.found.items() for tp, o in commits.items()}
        self.offsets = GroupOffsets(found={}, failed={})
        if self.listed_at is None or now - self.listed_at >= _LIST_EVERY_SECONDS:
            self._list(cluster, now=now, timeout=timeout)
        if not self.names:
            return
        names, partitions = self.names, list(known_partitions)

        def read(reader: ClusterReader) -> GroupOffsets:
            return reader.read_group_offsets(names, known_partitions=partitions, timeout=timeout)

        self.offsets = cluster.call(read, timeout=timeout)

    def _list(self, cluster: ClusterSide, *, now: float, timeout: float) -> None:
        """Finds the groups; where a cluster cannot list them, those that the configuration names remain."""
        self.listed_at = now
        try:
            listing = cluster.call(lambda reader: reader.list_groups(timeout=timeout), timeout=timeout)
        except ApiUnavailable as failure:
            listing = GroupListing(groups=(), failed=Unmeasured(Reason(failure.reason), str(failure)))
        if listing.failed is not None and self.listing_failed is None:
            _log.warning("groups of the %s cannot be listed: %s", self.side, listing.failed.detail)
        self.listing_failed = listing.failed
        if listing.failed is None or listing.groups:
            self.names = tuple(sorted(group for group in listing.groups if self.selects(group)))
        elif not self.names:
            self.names = self.named

    def read_members(self, cluster: ClusterSide, *, now: float, timeout: float) -> None:
        """Reads who is a member of what, from time to time."""
        names = self.names
        is_due = self.described_at is None or now - self.described_at >= _DESCRIBE_EVERY_SECONDS
        if not is_due and names == self.described:
            return
        self.described_at, self.described = now, names
        if not names:
            self.members = {}
            return
        try:
            described = cluster.call(
                lambda reader: reader.read_group_members(names, timeout=timeout), timeout=timeout
            )
        except ApiUnavailable as failure:
            _log.info("members of groups of the %s stay unknown: %s", self.side, failure)
            self.members = {}
            return
        self.members = dict(described.found)


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
        """Target first: a commit that MirrorMaker copies in between cannot look like one that skips."""
        for groups, side, known in (
            (self.target, target, [tp for tp in pairs.values() if tp is not None]),
            (self.source, source, list(pairs)),
        ):
            if side.is_up:
                timeout = deadline.remaining(at_most=_CALL_SECONDS)
                groups.read_offsets(side, known_partitions=known, now=now, timeout=timeout)

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
                if group not in side.offsets.found and group not in side.offsets.failed:
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
        summaries = []
        for group, life in sorted(self.lives.items()):
            failed = self._failure(group, life.judged_side)
            state = life.state(
                now=now,
                abandoned_after=self.abandoned_after,
                longest_wait=longest.get((group, life.judged_side)),
            )
            summaries.append(
                GroupSummary(
                    group=group,
                    state="unmeasured" if failed else state,
                    judged_side=life.judged_side,
                    members=dict(life.members),
                    unmeasured=failed,
                )
            )
        return tuple(summaries)

    def _failure(self, group: str, side: Side) -> Unmeasured | None:
        return (self.source if side == "source" else self.target).offsets.failed.get(group)


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
