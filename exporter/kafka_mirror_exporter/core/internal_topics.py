"""Where MirrorMaker 2 keeps its own records: found by name, or as configured.

Names are `mm2-offset-syncs.<other alias>.internal` on the source (or on the target, then with the source's
alias), and `mm2-offsets.<source>.internal`, `<source>.checkpoints.internal`, `<source>.heartbeats` on the
target. Versions 3.1 to 3.5 write a custom separator into these names, too.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kafka_mirror_exporter.core.offsets import Side

Place = tuple[Side, str]

_OFFSET_SYNCS = re.compile(r"mm2-offset-syncs(?P<sep>[^a-zA-Z0-9])(?P<alias>.+)(?P=sep)internal")
_OFFSETS = re.compile(r"mm2-offsets\.(?P<alias>.+)\.internal")
_CHECKPOINTS = re.compile(r"(?P<alias>.+)(?P<sep>[^a-zA-Z0-9])checkpoints(?P=sep)internal")
_HEARTBEATS = re.compile(r"(?P<alias>.+)[^a-zA-Z0-9]heartbeats")


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalTopics:
    """The places that exist, as (side, topic); None for what is not there or not told apart."""

    offset_syncs: Place | None = None
    connect_offsets: Place | None = None
    checkpoints: Place | None = None
    heartbeats: Place | None = None


def source_aliases(target_topics: Iterable[str]) -> set[str]:
    """The aliases of all sources that mirror into a target."""
    matches = (p.fullmatch(t) for t in target_topics for p in (_OFFSETS, _CHECKPOINTS, _HEARTBEATS))
    return {match["alias"] for match in matches if match}


def target_aliases(source_topics: Iterable[str]) -> set[str]:
    """The aliases of all targets that a source is mirrored into, by its offset syncs."""
    matches = (_OFFSET_SYNCS.fullmatch(topic) for topic in source_topics)
    return {match["alias"] for match in matches if match}


def find_internal_topics(
    source_topics: Collection[str],
    target_topics: Collection[str],
    *,
    source_alias: str | None,
    target_alias: str | None,
    configured: InternalTopics,
) -> InternalTopics:
    """Where to read; what is configured wins, what cannot be told apart is left out."""
    by_side = {"source": source_topics, "target": target_topics}

    def present(place: Place | None) -> Place | None:
        return place if place is not None and place[1] in by_side[place[0]] else None

    syncs = configured.offset_syncs
    if syncs is None:
        on_target = _named(target_topics, _OFFSET_SYNCS, source_alias)
        on_source = _named(source_topics, _OFFSET_SYNCS, target_alias)
        if on_source is None and target_alias is None:
            on_source = _only(source_topics, _OFFSET_SYNCS)
        syncs = ("source", on_source) if on_source else ("target", on_target) if on_target else None
    return InternalTopics(
        offset_syncs=present(syncs),
        connect_offsets=present(configured.connect_offsets)
        or _on_target(_named(target_topics, _OFFSETS, source_alias)),
        checkpoints=present(configured.checkpoints)
        or _on_target(_named(target_topics, _CHECKPOINTS, source_alias)),
        heartbeats=present(configured.heartbeats)
        or _on_target(_named(target_topics, _HEARTBEATS, source_alias)),
    )


def _on_target(topic: str | None) -> Place | None:
    return ("target", topic) if topic else None


def _named(topics: Iterable[str], pattern: re.Pattern[str], alias: str | None) -> str | None:
    for topic in sorted(topics):
        match = pattern.fullmatch(topic)
        if match and alias is not None and match["alias"] == alias:
            return topic
    return None


def _only(topics: Iterable[str], pattern: re.Pattern[str]) -> str | None:
    found = [topic for topic in topics if pattern.fullmatch(topic)]
    return found[0] if len(found) == 1 else None
