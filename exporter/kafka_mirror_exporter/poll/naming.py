"""Which partitions a mirror has: names found or configured, and kept for as long as the process lives."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_mirror_exporter.clusters.reader import ClusterMetadata
from kafka_mirror_exporter.core.internal_topics import (
    InternalTopics,
    find_internal_topics,
    source_aliases,
    target_aliases,
)
from kafka_mirror_exporter.core.measurement import Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.topics import (
    DEFAULT_SEPARATOR,
    DefaultPolicy,
    IdentityPolicy,
    MapPolicy,
    ReplicationPolicy,
    TopicPairing,
    find_policy,
    pair_topics,
    selected_topics,
)
from kafka_mirror_exporter.poll.hidden import HiddenTopics
from kafka_mirror_exporter.poll.settings import MirrorSettings
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline

_log = logging.getLogger(__name__)

Pairs = Mapping[TopicPartition, TopicPartition | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What is called what; `source_topics` gives each target topic its source topic.

    `hidden` are the source topics that cannot be measured because one of the clusters hides them, and why.
    """

    source_alias: str = ""
    target_alias: str = ""
    policy: str = "unknown"
    separator: str = ""
    topics: tuple[TopicPairing, ...] = ()
    source_topics: Mapping[str, str]
    hidden: Mapping[str, Unmeasured] = field(default_factory=dict)
    internal: InternalTopics = field(default_factory=InternalTopics)
    unmeasured: Unmeasured | None = None


class NameFinder:
    """Finds the names of one mirror, and keeps the last answer while topics stay the same."""

    def __init__(self, settings: MirrorSettings) -> None:
        self._settings = settings
        self._policy: ReplicationPolicy | None = self._configured_policy()
        self._unmeasured: Unmeasured | None = None
        self._seen: tuple[frozenset[str], frozenset[str]] | None = None
        self._naming = Naming(source_topics={})
        self._once_mirrored: set[str] = set()
        self._hidden_source, self._hidden_target = HiddenTopics(), HiddenTopics()

    def find(self, source: ClusterSide, target: ClusterSide, *, now: float, deadline: Deadline) -> Naming:
        """The names as of these topics; while a cluster was never seen, there are none."""
        if source.metadata is None or target.metadata is None:
            return self._naming
        seen = frozenset(source.metadata.topics), frozenset(target.metadata.topics)
        if seen != self._seen:
            self._seen = seen
            self._naming = self._find(*seen)
        named = set(self._settings.topics.literal_names) - seen[0]
        if self._hidden_source.look(source, named, now=now, deadline=deadline) | self._hidden_target.look(
            target, self._missing_twins(seen[1]), now=now, deadline=deadline
        ):
            self._naming = self._find(*seen)
        return self._naming

    def _missing_twins(self, target_topics: frozenset[str]) -> set[str]:
        """What the topics that are awaited would be called on the target."""
        if self._policy is None or self._settings.is_default_selection:
            return set()
        twins = {self._policy.remote_topic(pairing.topic) for pairing in self._naming.topics}
        return {twin for twin in twins if twin is not None} - target_topics

    def _configured_policy(self) -> ReplicationPolicy | None:
        choice = self._settings.policy
        if choice.kind == "map":
            return MapPolicy(choice.topics)
        if choice.kind == "identity" or self._settings.tool == "offset_preserving":
            return IdentityPolicy()
        if choice.kind == "default" and self._settings.names.source_alias is not None:
            return DefaultPolicy(self._settings.names.source_alias, choice.separator or DEFAULT_SEPARATOR)
        return None

    def _find(self, source_topics: frozenset[str], target_topics: frozenset[str]) -> Naming:
        settings, names = self._settings, self._settings.names
        found_targets = target_aliases(source_topics)
        target_alias = names.target_alias or (next(iter(found_targets)) if len(found_targets) == 1 else None)
        topics = selected_topics(source_topics, selects=settings.topics.selects, target_alias=target_alias)
        self._find_policy(topics, target_topics)
        policy = self._policy
        source_alias = names.source_alias
        if source_alias is None and isinstance(policy, DefaultPolicy):
            source_alias = policy.alias
        if source_alias is None:
            found_sources = source_aliases(target_topics)
            source_alias = next(iter(found_sources)) if len(found_sources) == 1 else None
        pairings = self._all_blind(topics) or pair_topics(
            topics,
            target_topics,
            policy,
            is_default_selection=settings.is_default_selection,
            hidden=_without(self._hidden_target.refused, target_topics),
            once_mirrored=self._once_mirrored,
        ) + tuple(
            TopicPairing(topic=topic, target_topic=None, state="blind", unmeasured=why)
            for topic, why in _without(self._hidden_source.refused, source_topics).items()
        )
        self._once_mirrored |= {pairing.topic for pairing in pairings if pairing.target_topic is not None}
        self._once_mirrored &= source_topics
        return Naming(
            source_alias=source_alias or "",
            target_alias=target_alias or "",
            policy=policy.name if policy else "unknown",
            separator=policy.separator if policy else "",
            topics=pairings,
            source_topics={p.target_topic: p.topic for p in pairings if p.target_topic is not None},
            hidden={p.topic: p.unmeasured for p in pairings if p.unmeasured is not None},
            internal=find_internal_topics(
                source_topics,
                target_topics,
                source_alias=source_alias,
                target_alias=target_alias,
                configured=InternalTopics(
                    offset_syncs=names.offset_syncs,
                    connect_offsets=names.connect_offsets,
                    checkpoints=names.checkpoints,
                    heartbeats=names.heartbeats,
                ),
            ),
            unmeasured=self._unmeasured,
        )

    def _all_blind(self, topics: list[str]) -> tuple[TopicPairing, ...]:
        """Every topic, where names fit two policies and nobody knows which are mirrored; else nothing."""
        if self._unmeasured is None:
            return ()
        return tuple(
            TopicPairing(topic=topic, target_topic=None, state="blind", unmeasured=self._unmeasured)
            for topic in topics
        )

    def _find_policy(self, topics: list[str], target_topics: frozenset[str]) -> None:
        """Once per life: what was found is not questioned by topics that come later."""
        if self._policy is not None:
            return
        found = find_policy(
            topics,
            target_topics,
            aliases=source_aliases(target_topics),
            source_alias=self._settings.names.source_alias,
        )
        if isinstance(found, Unmeasured):
            if self._unmeasured is None:
                _log.warning("%s->%s: %s", self._settings.source, self._settings.target, found.detail)
            self._unmeasured = found
        elif found is not None:
            self._policy, self._unmeasured = found, None
            _log.info(
                "%s->%s: found the %s replication policy%s",
                self._settings.source,
                self._settings.target,
                found.name,
                f" with the prefix {found.remote_topic('')!r}" if found.name == "default" else "",
            )


def _without(refused: Mapping[str, Unmeasured], shown: frozenset[str]) -> dict[str, Unmeasured]:
    """What is still hidden: a name that is shown by now is nobody's secret."""
    return {topic: why for topic, why in refused.items() if topic not in shown}


def partition_pairs(naming: Naming, source: ClusterMetadata | None, target: ClusterMetadata | None) -> Pairs:
    """Every partition of every topic that is measured, with its twin where the target has it.

    The target's own further partitions are nobody's twin. A topic that is not selected has none; one that
    the target hides has all of them.
    """
    if source is None or target is None:
        return {}
    pairs: dict[TopicPartition, TopicPartition | None] = {}
    for pairing in naming.topics:
        if pairing.state == "not_selected":
            continue
        remote = pairing.target_topic
        there = target.topics.get(remote, {}) if remote is not None else {}
        for partition in source.topics.get(pairing.topic, {}):
            is_there = partition in there or pairing.unmeasured is not None
            twin = TopicPartition(remote, partition) if remote is not None and is_there else None
            pairs[TopicPartition(pairing.topic, partition)] = twin
    return pairs
