"""Source topic <-> target topic: replication policies, and which topics a mirror has.

MirrorMaker 2 prefixes a topic with the source's alias and a separator (default policy) or keeps its name
(identity). Both are found from the names that exist: the prefix that turns source topics into target topics,
confirmed by the aliases in the names of MirrorMaker's own topics. Where two answers explain different topics
it says so, and takes neither; only a lone name that nothing confirms is passed over as a coincidence.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.reading import TopicState
from kafka_mirror_exporter.core.thresholds import is_mirrorable_topic

DEFAULT_SEPARATOR = "."
HEARTBEATS = "heartbeats"

# The prefix of topics whose names are kept.
_KEPT = ""
# So many topics show a policy beside which a single other name is a coincidence.
_SEVERAL = 3

PolicyName = Literal["default", "identity", "map"]


class ReplicationPolicy(Protocol):
    """A topic naming rule and its inverse."""

    @property
    def name(self) -> PolicyName:
        """What the rule is called."""

    @property
    def separator(self) -> str:
        """What stands between alias and topic; empty where names are kept."""

    def remote_topic(self, topic: str) -> str | None:
        """The target's name of a source topic; None where the mirror has none for it."""

    def source_topic(self, remote: str) -> str | None:
        """The source's name of a target topic; None if it is not a mirrored one."""


@dataclass(frozen=True, slots=True)
class DefaultPolicy:
    """`<alias><separator><topic>`; the alias may contain the separator, and so may topics."""

    alias: str
    separator: str = DEFAULT_SEPARATOR
    name: PolicyName = field(default="default", init=False)

    def remote_topic(self, topic: str) -> str | None:
        """The topic with its prefix."""
        return f"{self.alias}{self.separator}{topic}"

    def source_topic(self, remote: str) -> str | None:
        """The topic without its prefix."""
        prefix = self.alias + self.separator
        return remote[len(prefix) :] if remote.startswith(prefix) and len(remote) > len(prefix) else None


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """Names are kept."""

    name: PolicyName = field(default="identity", init=False)
    separator: str = field(default="", init=False)

    def remote_topic(self, topic: str) -> str | None:
        """The same name."""
        return topic

    def source_topic(self, remote: str) -> str | None:
        """The same name."""
        return remote


class MapPolicy:
    """Names as listed; topics that are not listed are not mirrored."""

    name: PolicyName = "map"
    separator = ""

    def __init__(self, topics: Mapping[str, str]) -> None:
        self._remote = dict(topics)
        self._source = {remote: topic for topic, remote in topics.items()}
        if len(self._source) != len(self._remote):
            raise ValueError("two source topics are mapped to the same target topic")

    def remote_topic(self, topic: str) -> str | None:
        """The listed name."""
        return self._remote.get(topic)

    def source_topic(self, remote: str) -> str | None:
        """The topic it is listed for."""
        return self._source.get(remote)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPairing:
    """A source topic that the mirror may copy, its name on the target where it is there, and its state.

    `unmeasured` says why nothing of it can be measured, where that is known from its name alone.
    """

    topic: str
    target_topic: str | None
    state: TopicState
    unmeasured: Unmeasured | None = None


def selected_topics(
    topics: Iterable[str], *, selects: Callable[[str], bool], target_alias: str | None
) -> list[str]:
    """The source topics that are selected and could be mirrored at all, in order.

    The mirror's own heartbeats are nobody's data; a topic that merely ends so (`iot.heartbeats`) may be.
    A topic that carries the target's prefix came from there, and goes back to nobody.
    """
    came_from = f"{target_alias}{DEFAULT_SEPARATOR}" if target_alias else None
    return sorted(
        topic
        for topic in topics
        if is_mirrorable_topic(topic)
        and topic != HEARTBEATS
        and not (came_from and topic.startswith(came_from))
        and selects(topic)
    )


def pair_topics(
    topics: Iterable[str],
    target_topics: Collection[str],
    policy: ReplicationPolicy | None,
    *,
    is_default_selection: bool,
    hidden: Mapping[str, Unmeasured],
    once_mirrored: Collection[str] = (),
) -> tuple[TopicPairing, ...]:
    """Every selected topic with its twin; without one it is awaited if the configuration names it.

    So are topics that were mirrored before: somebody had told the mirror to copy them. `hidden` are names
    that the target has and does not show: they have a twin that nobody may look at.
    """
    pairings = []
    for topic in topics:
        remote = policy.remote_topic(topic) if policy else None
        is_there = remote is not None and (remote in target_topics or remote in hidden)
        is_awaited = not is_default_selection or topic in once_mirrored
        pairings.append(
            TopicPairing(
                topic=topic,
                target_topic=remote if is_there else None,
                state="mirroring" if is_there else "awaiting_target" if is_awaited else "not_selected",
                unmeasured=hidden.get(remote) if remote is not None else None,
            )
        )
    return tuple(pairings)


def find_policy(
    topics: Collection[str],
    target_topics: Collection[str],
    *,
    aliases: Collection[str],
    source_alias: str | None,
) -> ReplicationPolicy | Unmeasured | None:
    """The policy that the existing names follow; None while nothing was mirrored.

    `topics` are the selected source topics, `aliases` those that MirrorMaker's own topics on the target
    name, `source_alias` the one that is configured, if any.
    """
    known = aliases if source_alias is None else [source_alias]
    explained = _explained(topics, target_topics)
    if source_alias is not None:
        explained = {p: remote for p, remote in explained.items() if not p or _alias_of(p, known)}
    explained = _widest(explained)
    leading = _confirmed(explained, known) or _not_coincidental(explained)
    if not leading:
        return None
    if len(leading) > 1:
        return _ambiguous(leading)
    prefix = leading[0]
    if prefix == _KEPT:
        return IdentityPolicy()
    alias = _alias_of(prefix, known) or prefix[:-1]
    return DefaultPolicy(alias, prefix[len(alias) :])


def _explained(topics: Collection[str], target_topics: Collection[str]) -> dict[str, set[str]]:
    """The existing target topics that each prefix would make of source topics."""
    selected = set(topics)
    found: dict[str, set[str]] = {}
    for remote in target_topics:
        if not is_mirrorable_topic(remote):
            continue
        if remote in selected:
            found.setdefault(_KEPT, set()).add(remote)
        for start in range(2, len(remote)):
            # A prefix ends in a separator, and separators are what names are seldom made of.
            if not remote[start - 1].isalnum() and remote[start:] in selected:
                found.setdefault(remote[:start], set()).add(remote)
    return found


def _widest(explained: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Without the answers that another one makes superfluous.

    Where `orders` and `eu.orders` are both mirrored, `legacy.eu.orders` also looks like an `orders` with the
    prefix `legacy.eu.`, but `legacy.` explains that topic and more.
    """
    return {
        prefix: remote
        for prefix, remote in explained.items()
        if not any(remote < wider for wider in explained.values())
    }


def _confirmed(explained: Mapping[str, set[str]], aliases: Collection[str]) -> list[str]:
    """The prefixes that a known alias and a separator make: of each alias those that explain most.

    Two sources that mirror into one target may have the same topics, so numbers never choose between aliases.
    """
    by_alias: dict[str, list[str]] = {}
    for prefix in explained:
        alias = _alias_of(prefix, aliases)
        if alias is not None:
            by_alias.setdefault(alias, []).append(prefix)
    return sorted(
        prefix
        for prefixes in by_alias.values()
        for prefix in prefixes
        if len(explained[prefix]) == max(len(explained[p]) for p in prefixes)
    )


def _not_coincidental(explained: Mapping[str, set[str]]) -> list[str]:
    """All answers, but for those that rest on one topic's name while another rests on several."""
    most = max(map(len, explained.values()), default=0)
    return sorted(p for p, remote in explained.items() if len(remote) > 1 or most < _SEVERAL)


def _alias_of(prefix: str, aliases: Collection[str]) -> str | None:
    """The longest known alias that, with a separator, makes the prefix."""
    fitting = [
        alias
        for alias in aliases
        if prefix.startswith(alias)
        and len(prefix) > len(alias)
        and not any(character.isalnum() for character in prefix[len(alias) :])
    ]
    return max(fitting, key=len, default=None)


def _ambiguous(prefixes: Collection[str]) -> Unmeasured:
    answers = ["names kept as they are" if p == _KEPT else f"prefix {p!r}" for p in prefixes]
    return Unmeasured(
        Reason.POLICY_AMBIGUOUS,
        f"topics fit {' and '.join(answers)}; set replication_policy and source.alias",
    )
