"""Reads what MirrorMaker 2 writes about itself: offset syncs, stored offsets, heartbeats."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from kafka_mirror_exporter.clusters.reader import Isolation
from kafka_mirror_exporter.core.internal_topics import InternalTopics, Place
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.mirrormaker2 import (
    decode_connect_offset,
    decode_heartbeat,
    decode_offset_sync,
)
from kafka_mirror_exporter.core.offsets import Anchor, TopicPartition
from kafka_mirror_exporter.core.records import LogRecord
from kafka_mirror_exporter.errors import ApiUnavailable, RecordUndecodable
from kafka_mirror_exporter.poll.positions import MirrorWitnesses
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_log = logging.getLogger(__name__)
T = TypeVar("T")

_CALL_SECONDS = 1.5


@dataclass(slots=True)
class InternalPoll:
    """What was learnt from MirrorMaker's own topics, carried from poll to poll."""

    heartbeat_timestamp: float | None = None
    undecodable: int = 0
    refused: dict[str, Unmeasured] = field(default_factory=dict)
    _stored: dict[TopicPartition, int] = field(default_factory=dict)
    _newest_pairs: dict[TopicPartition, Anchor] = field(default_factory=dict)
    _handed_out: set[TopicPartition] = field(default_factory=set)

    def read(
        self,
        topics: InternalTopics,
        source: ClusterSide,
        target: ClusterSide,
        partitions: Collection[TopicPartition],
        *,
        source_alias: str,
        deadline: Deadline,
    ) -> MirrorWitnesses:
        """What is new since the last poll; a topic that cannot be read leaves the others to speak."""
        sides = {"source": source, "target": target}

        def tail(place: Place | None, isolation: Isolation) -> list[LogRecord]:
            if place is None or not sides[place[0]].is_up:
                return []
            return self._tail(sides[place[0]], place[1], isolation=isolation, deadline=deadline)

        new: dict[TopicPartition, list[Anchor]] = {}
        for record in tail(topics.offset_syncs, "read_uncommitted"):
            sync = self._decode(decode_offset_sync, record)
            if sync is not None:
                tp, pair = TopicPartition(sync.topic, sync.partition), Anchor(sync.upstream, sync.downstream)
                self._newest_pairs[tp] = pair
                new.setdefault(tp, []).append(pair)
        for record in tail(topics.connect_offsets, "read_committed"):
            self._take_stored(record, source_alias)
        for record in tail(topics.heartbeats, "read_uncommitted"):
            beat = self._decode(decode_heartbeat, record)
            if beat is not None:
                self.heartbeat_timestamp = beat.timestamp_ms / 1000
        return MirrorWitnesses(
            pairs=self._pairs(new, partitions),
            stored=self._stored,
            refused=next(iter(self.refused.values()), None),
        )

    def _pairs(
        self, new: dict[TopicPartition, list[Anchor]], partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, list[Anchor]]:
        """New pairs, and the newest known one for a partition that is asked for the first time."""
        pairs = {tp: found for tp, found in new.items() if tp in partitions}
        for tp in partitions:
            if tp not in self._handed_out and tp not in pairs and tp in self._newest_pairs:
                pairs[tp] = [self._newest_pairs[tp]]
        self._handed_out = set(partitions)
        return pairs

    def _take_stored(self, record: LogRecord, source_alias: str) -> None:
        stored = self._decode(decode_connect_offset, record)
        if stored is None or (source_alias and stored.cluster != source_alias):
            return
        tp = TopicPartition(stored.topic, stored.partition)
        if stored.next_offset is None:
            self._stored.pop(tp, None)
        else:
            self._stored[tp] = stored.next_offset

    def _decode(self, decode: Callable[[bytes | None, bytes | None], T], record: LogRecord) -> T | None:
        try:
            return decode(record.key, record.value)
        except RecordUndecodable as failure:
            self.undecodable += 1
            _log.warning("record at offset %d of the mirror's own topics: %s", record.offset, failure)
            return None

    def _tail(
        self, side: ClusterSide, topic: str, *, isolation: Isolation, deadline: Deadline
    ) -> list[LogRecord]:
        timeout = deadline.remaining(at_most=_CALL_SECONDS)
        max_bytes = side.budget.available_bytes
        if max_bytes <= 0:
            side.budget.note_exhausted()
            return []
        try:
            tailed = side.call(
                lambda reader: reader.tail(topic, isolation=isolation, max_bytes=max_bytes, timeout=timeout),
                timeout=timeout,
            )
        except ApiUnavailable as failure:
            why = Unmeasured(Reason(failure.reason), f"{side.side}: {failure}")
            if self.refused.get(topic) != why:
                _log.warning("a topic of the mirror's own cannot be read on the %s", why.detail)
            self.refused[topic] = why
            return []
        self.refused.pop(topic, None)
        side.budget.spend(
            sum(len(record.value or b"") + len(record.key or b"") for _, record in tailed.records)
        )
        return [record for _, record in tailed.records]


def read_mirror_group(
    side: ClusterSide,
    group: str,
    *,
    pairs: Mapping[TopicPartition, TopicPartition | None],
    deadline: Deadline,
) -> MirrorWitnesses:
    """What a mirror that is a consumer group has committed, by source partition.

    On the source it commits source partitions; some commit on the target, under its names.
    """
    timeout = deadline.remaining(at_most=_CALL_SECONDS)
    own = {tp: tp for tp in pairs} if side.side == "source" else {t: tp for tp, t in pairs.items() if t}
    offsets = side.call(
        lambda reader: reader.read_group_offsets([group], known_partitions=list(own), timeout=timeout),
        timeout=timeout,
    )
    failed = offsets.failed.get(group)
    if failed is not None:
        raise ApiUnavailable(f"group {group} of the mirror: {failed.detail}", reason=failed.reason)
    committed = offsets.found[group]
    # A group that commits on the other cluster may still name the source's partitions.
    return MirrorWitnesses(committed={own.get(tp, tp): offset for tp, offset in committed.items()})
