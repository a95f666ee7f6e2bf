"""When the dual-write path is engaged and released: one state for each topic, or one for the whole mirror.

    unknown (None) ──a breach──> engaged ──calm for `release_after`, after `min_engaged`──> released
          └──one calm poll──> not engaged ──a breach──> engaged

A *breach* is one measured partition past its threshold, whatever is not known of the others. *Calm* is a
poll in which every partition was measured, confirmed by comparing records, and below the limit of release.
What lies between, and all that could not be measured, changes nothing: it holds the state, and is said to.
Neither silence nor absence is ever calm. Seconds are of our monotonic clock (`now`), but for `since`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

WHOLE_MIRROR = ""
DESELECTED = "deselected"
_MOST_SECONDS_AT_RELEASE = 15.0

Transition = Literal["engaged", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackRules:
    """The configured rules; `longest_gap` is how far apart readings may be and still follow each other."""

    is_by_mirror: bool = False
    release_below: float | None = None
    release_after: float = 60.0
    min_engaged: float = 120.0
    longest_gap: float = 15.0

    def release_limit(self, threshold: float) -> float:
        """Seconds of drift that a partition must be below to be calm."""
        if self.release_below is not None:
            return self.release_below
        return min(_MOST_SECONDS_AT_RELEASE, threshold / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A measured partition past its threshold; unsure where only a record's timestamp says so."""

    topic: str
    partition: int
    position: int
    drift: float
    threshold: float
    is_sure: bool

    def sentence(self, *, names_topic: bool) -> str:
        """What happened, for people."""
        place = f" of {self.topic}" if names_topic else ""
        return f"drift {self.drift:.1f}s over {self.threshold:g}s on partition {self.partition}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one reading says of a topic, or of all topics of a mirror.

    The sentences name the first partition that is not below the limit of release (`above`), that was not
    measured, whose position is not confirmed yet (`unverified`) or cannot be (`unverifiable`); empty: none.
    `partitions` counts what was shown of each topic. Between two polls it may be partial, for want of
    partitions that were not measured again: that may engage, but says nothing else.
    """

    breaches: tuple[Breach, ...] = ()
    above: str = ""
    unmeasured: str = ""
    unverified: str = ""
    unverifiable: str = ""
    partitions: Mapping[str, int] = field(default_factory=dict)
    is_between_polls: bool = False
    is_partial: bool = False

    @property
    def is_calm(self) -> bool:
        """Whether nothing speaks against a release."""
        return not (self.breaches or self.above or self.unmeasured or self.unverified or self.unverifiable)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackState:
    """The state of a topic's fallback; `engaged` is None while it is not known.

    `since` is when it last changed (seconds since the epoch), `blind` why a release could not be decided,
    empty where it could. The rest is memory: since when it is engaged, when it was last judged, since when
    it is calm, the positions of unsure breaches, and how many partitions each topic has.
    """

    engaged: bool | None = None
    since: float | None = None
    reason: str = "not known yet"
    blind: str = ""
    engaged_at: float | None = None
    judged_at: float | None = None
    calm_at: float | None = None
    suspects: Mapping[tuple[str, int], int] = field(default_factory=dict)
    partitions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackReading:
    """What is said of a mirror's fallback: states by topic (or `WHOLE_MIRROR`), and changes since start."""

    is_by_mirror: bool
    states: Mapping[str, FallbackState]
    transitions: Mapping[Transition, int]


def next_state(
    state: FallbackState, evidence: Evidence, rules: FallbackRules, *, now: float, wall: float
) -> FallbackState:
    """The state after a reading; `now` is when it was measured by our own clock, `wall` for people."""
    breach = _confirmed_breach(state, evidence)
    judged = replace(
        state,
        blind=_blindness(state, evidence),
        judged_at=now,
        calm_at=_calm_since(state, evidence, rules, now=now),
        suspects={(b.topic, b.partition): b.position for b in evidence.breaches if not b.is_sure},
        partitions=_expected(state, evidence),
        # A restart has forgotten when it was engaged by our clock: the least time counts from here.
        engaged_at=now if state.engaged and state.engaged_at is None else state.engaged_at,
    )
    if breach is not None and not state.engaged:
        reason = breach.sentence(names_topic=rules.is_by_mirror)
        engaged = replace(judged, engaged=True, since=wall, reason=reason, engaged_at=now)
        return replace(engaged, blind=_blindness(engaged, evidence))
    if state.engaged and _may_release(judged, rules, now=now):
        reason = f"every partition confirmed below the limit of release for {rules.release_after:g}s"
        return replace(judged, engaged=False, since=wall, reason=reason, engaged_at=None)
    if state.engaged is None and evidence.is_calm:
        return replace(judged, engaged=False, since=wall, reason="every partition confirmed in time")
    return judged


def deselected(state: FallbackState, *, now: float, wall: float) -> FallbackState:
    """The state of an engaged topic that the configuration no longer selects."""
    return replace(
        state, engaged=False, since=wall, reason=DESELECTED, blind="", engaged_at=None, judged_at=now
    )


def _confirmed_breach(state: FallbackState, evidence: Evidence) -> Breach | None:
    """The worst breach that is sure, or that the reading before found at the same record."""
    confirmed = (
        breach
        for breach in evidence.breaches
        if breach.is_sure or state.suspects.get((breach.topic, breach.partition)) == breach.position
    )
    return max(confirmed, key=lambda breach: breach.drift - breach.threshold, default=None)


def _calm_since(
    state: FallbackState, evidence: Evidence, rules: FallbackRules, *, now: float
) -> float | None:
    if not evidence.is_calm:
        return None
    is_unbroken = state.judged_at is not None and now - state.judged_at <= rules.longest_gap
    return state.calm_at if is_unbroken and state.calm_at is not None else now


def _may_release(judged: FallbackState, rules: FallbackRules, *, now: float) -> bool:
    return (
        judged.calm_at is not None
        and judged.engaged_at is not None
        and now - judged.calm_at >= rules.release_after
        and now - judged.engaged_at >= rules.min_engaged
    )


def _blindness(state: FallbackState, evidence: Evidence) -> str:
    """Why nobody could decide now; what can never be confirmed hides a release, but no breach."""
    if state.engaged is False:
        return evidence.unmeasured
    if state.engaged is None:
        return evidence.unmeasured or evidence.unverified
    return evidence.unmeasured or evidence.unverified or evidence.unverifiable


def _expected(state: FallbackState, evidence: Evidence) -> Mapping[str, int]:
    """How many partitions of each topic must be calm before a release: as many as there ever were."""
    shown = {topic: max(n, state.partitions.get(topic, 0)) for topic, n in evidence.partitions.items()}
    return shown if state.engaged is False else {**state.partitions, **shown}
