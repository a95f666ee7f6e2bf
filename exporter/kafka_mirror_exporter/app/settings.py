"""From the configuration to what a poll works with."""

from collections.abc import Callable

from kafka_mirror_exporter.config import Config, MirrorConfig
from kafka_mirror_exporter.core.comparison import Comparison
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.poll.settings import (
    GroupChoice,
    MirrorMaker2Names,
    MirrorSettings,
    PolicyChoice,
    may_read_all,
    may_read_matching,
    may_read_none,
)


def mirror_settings(config: Config, mirror: MirrorConfig) -> MirrorSettings:
    """One mirror's part of the configuration, as plain values."""
    verify = mirror.verify
    group = mirror.consumer_group
    return MirrorSettings(
        source=mirror.source.alias,
        target=mirror.target.alias,
        tool=mirror.tool,
        policy=PolicyChoice(
            kind=mirror.replication_policy.kind,
            separator=mirror.replication_policy.separator,
            topics=dict(mirror.replication_policy.topics),
        ),
        topics=mirror.topic_filter(),
        is_default_selection=mirror.topics.is_default_include,
        is_initial_sync=mirror.topics.initial_sync,
        groups=GroupChoice(
            names=mirror.group_filter(),
            is_per_topic=mirror.groups.per == "topic",
            with_offsets=mirror.groups.offsets,
            abandoned_after_seconds=mirror.groups.abandoned_after,
        ),
        names=_names(mirror),
        isolation=mirror.isolation_level,
        consumer_group=(group.side, group.group) if mirror.tool == "consumer_group" and group else None,
        comparison=Comparison(
            timestamp="timestamp" in verify.compare,
            key="key" in verify.compare,
            value="value" in verify.compare,
            headers="headers" in verify.compare,
            ignore_headers=frozenset(verify.ignore_headers),
            ignore_wire_format_ids=verify.ignore_wire_format_ids,
        ),
        marker_header=config.fallback.marker_header if config.fallback.enabled else None,
        may_read=_may_read(mirror),
        thresholds=mirror.thresholds_in_force(),
        interval_seconds=config.poll.interval,
        timeout_seconds=config.poll.timeout,
        max_series=config.metrics.max_series // len(config.mirrors),
        source_bytes_per_second=mirror.source.budget.fetch_bytes_per_second,
        target_bytes_per_second=mirror.target.budget.fetch_bytes_per_second,
    )


def _may_read(mirror: MirrorConfig) -> Callable[[str], bool]:
    allowed = mirror.verify.read_records
    if isinstance(allowed, bool):
        return may_read_all if allowed else may_read_none
    return may_read_matching(tuple(allowed))


def _names(mirror: MirrorConfig) -> MirrorMaker2Names:
    """MirrorMaker's aliases are the labels where those were chosen, and are found where they were not."""
    places: dict[str, tuple[Side, str] | None] = {}
    for name in ("offset_syncs", "connect_offsets", "checkpoints", "heartbeats"):
        place = getattr(mirror.mirrormaker2, name)
        places[name] = (place.side, place.topic) if place is not None else None
    source, target = mirror.source, mirror.target
    return MirrorMaker2Names(
        source_alias=mirror.mirrormaker2.source_alias or (None if source.has_default_alias else source.alias),
        target_alias=mirror.mirrormaker2.target_alias or (None if target.has_default_alias else target.alias),
        offset_syncs=places["offset_syncs"],
        connect_offsets=places["connect_offsets"],
        checkpoints=places["checkpoints"],
        heartbeats=places["heartbeats"],
    )
