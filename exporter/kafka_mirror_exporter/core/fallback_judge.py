"""From readings to the states of a mirror's fallback: gathers the evidence, and keeps what must be kept."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import groupby

from kafka_mirror_exporter.core.breaches import breach_at
from kafka_mirror_exporter.core.fallback import (
    DESELECTED,
    WHOLE_MIRROR,
    Breach,
    Evidence,
    FallbackReading,
    FallbackRules,
    FallbackState,
    Transition,
    deselected,
    next_state,
)
from kafka_mirror_exporter.core.reading import (
    CONFIRMED_LATELY,
    JUDGED_STATES,
    NOT_VERIFIABLE,
    VERIFIED,
    MirrorReading,
    PartitionColumns,
    TopicReading,
)

# A release that nobody may have heard of yet is told for as long.
_TELLS_DESELECTED_SECONDS = 3_600.0


class FallbackJudge:
    """The fallback of one mirror, from reading to reading."""

    def __init__(self, remembered: Mapping[str, FallbackState]) -> None:
        """`remembered` are the states that an earlier life left, by topic."""
        self._states = dict(remembered)
        self._transitions: dict[Transition, int] = {"engaged": 0, "released": 0}

    def judge(
        self, reading: MirrorReading, rules: FallbackRules, *, selects: Callable[[str], bool]
    ) -> FallbackReading:
        """The states after a reading; `selects` says for which topics the configuration wants a fallback."""
        now, wall = reading.measured_monotonic, reading.measured_at
        shown = {topic.topic: topic for topic in reading.topics if _applies(topic) and selects(topic.topic)}
        parts = _topic_evidence(reading, shown, rules)
        before, self._states = self._states, {}
        for unit, state in self._units(before, shown, rules):
            if rules.is_by_mirror:
                wanted = {*parts, *(topic for topic in state.partitions if selects(topic))}
                after = _judged(state, parts, wanted, rules, now=now, wall=wall)
            elif selects(unit):
                after = _judged_topic(unit, state, parts, shown, rules, now=now, wall=wall)
            elif state.engaged:
                after = deselected(state, now=now, wall=wall)
            else:
                after = state
            self._count(state, after)
            self._states[unit] = after
        if not rules.is_by_mirror:
            self._forget(before, shown, selects, now=now)
        return FallbackReading(
            is_by_mirror=rules.is_by_mirror,
            states=dict(self._states),
            transitions=dict(self._transitions),
        )

    @staticmethod
    def _units(
        before: Mapping[str, FallbackState], shown: Mapping[str, TopicReading], rules: FallbackRules
    ) -> list[tuple[str, FallbackState]]:
        """What is judged, with the state it has; after a change of scope, whoever was engaged stays so."""
        units = [WHOLE_MIRROR] if rules.is_by_mirror else sorted({*before, *shown} - {WHOLE_MIRROR})
        others = [state for unit, state in before.items() if (unit == WHOLE_MIRROR) != rules.is_by_mirror]
        inherited = next((state for state in others if state.engaged), FallbackState())
        return [(unit, before.get(unit, inherited)) for unit in units]

    def _count(self, before: FallbackState, after: FallbackState) -> None:
        if after.engaged and not before.engaged:
            self._transitions["engaged"] += 1
        elif before.engaged and after.engaged is False:
            self._transitions["released"] += 1

    def _forget(
        self,
        before: Mapping[str, FallbackState],
        shown: Mapping[str, TopicReading],
        selects: Callable[[str], bool],
        *,
        now: float,
    ) -> None:
        """Drops topics that are gone and were not engaged; whoever is engaged waits for them."""
        for unit, state in list(self._states.items()):
            is_told = (
                state.reason == DESELECTED and now - (state.judged_at or now) < _TELLS_DESELECTED_SECONDS
            )
            is_away = state.engaged is not None and selects(unit) and not shown
            if not (state.engaged or unit in shown or is_told or is_away):
                del self._states[unit]
        if WHOLE_MIRROR in before and not shown:
            self._states[WHOLE_MIRROR] = before[WHOLE_MIRROR]


def _applies(topic: TopicReading) -> bool:
    """Whether a topic has a fallback at all."""
    return topic.fallback_threshold is not None and topic.state != "not_selected"


def _judged_topic(
    topic: str,
    state: FallbackState,
    parts: Mapping[str, Evidence],
    shown: Mapping[str, TopicReading],
    rules: FallbackRules,
    *,
    now: float,
    wall: float,
) -> FallbackState:
    """A topic that is awaited or in its first sync is not judged; one that is engaged always is."""
    if (
        topic in shown
        and topic not in parts
        and not state.engaged
        and shown[topic].state not in JUDGED_STATES
    ):
        return replace(state, blind="", judged_at=now)
    return _judged(state, parts, [topic], rules, now=now, wall=wall)


def _judged(
    state: FallbackState,
    parts: Mapping[str, Evidence],
    wanted: Collection[str],
    rules: FallbackRules,
    *,
    now: float,
    wall: float,
) -> FallbackState:
    evidence = joined({topic: parts.get(topic) for topic in sorted(wanted)}, expected=state.partitions)
    if evidence.is_partial and not evidence.breaches:
        return state
    after = next_state(state, evidence, rules, now=now, wall=wall)
    return replace(after, suspects=state.suspects) if evidence.is_between_polls else after


def joined(parts: Mapping[str, Evidence | None], *, expected: Mapping[str, int]) -> Evidence:
    """The evidence of several topics as one; a topic without any, or with fewer partitions, is unmeasured."""
    gone = ""
    for topic, part in parts.items():
        count, before = (sum(part.partitions.values()) if part else 0), expected.get(topic, 0)
        if part is None or not count:
            gone = gone or f"topic {topic} is not measured as a mirrored one"
        elif count < before:
            gone = gone or f"only {count} of {before} partitions of {topic} are shown"
    there = [part for part in parts.values() if part is not None]
    return Evidence(
        breaches=tuple(breach for part in there for breach in part.breaches),
        above=next((part.above for part in there if part.above), ""),
        unmeasured=next((part.unmeasured for part in there if part.unmeasured), "")
        or gone
        or ("" if there else "no topic is measured"),
        unverified=next((part.unverified for part in there if part.unverified), ""),
        unverifiable=next((part.unverifiable for part in there if part.unverifiable), ""),
        partitions={topic: n for part in there for topic, n in part.partitions.items()},
        is_partial=any(part.is_partial for part in there),
        is_between_polls=any(part.is_between_polls for part in there),
    )


def _topic_evidence(
    reading: MirrorReading, shown: Mapping[str, TopicReading], rules: FallbackRules
) -> dict[str, Evidence]:
    """What the reading says of each topic to which the fallback applies."""
    columns, found = reading.partitions, {}
    for name, rows in groupby(range(len(columns.index)), key=lambda row: columns.index[row].topic):
        topic = shown.get(name)
        if topic is not None and topic.state in JUDGED_STATES and topic.fallback_threshold is not None:
            found[name] = _evidence(reading, list(rows), topic.fallback_threshold, rules)
    return found


def _evidence(reading: MirrorReading, rows: list[int], threshold: float, rules: FallbackRules) -> Evidence:
    columns = reading.partitions
    breaches: list[Breach] = []
    above = unmeasured = unverified = unverifiable = ""
    limit = rules.release_limit(threshold)
    for row in rows:
        drift = columns.drift[row]
        breach = breach_at(columns, row, threshold)
        # What the next poll must confirm is not confirmed before.
        if breach is not None and (breach.is_sure or reading.renewed is None):
            breaches.append(breach)
        # A NaN is not equal to itself.
        if drift != drift:  # noqa: PLR0124 - see above
            unmeasured = unmeasured or f"{_place(columns, row)} is unmeasured{_why(columns, row)}"
        elif drift >= limit:
            above = above or f"{_place(columns, row)} is not below {limit:g}s"
        if _is_confirmed(columns, row):
            continue
        if columns.verified[row] == NOT_VERIFIABLE:
            unverifiable = unverifiable or f"the position of {_place(columns, row)} cannot be confirmed"
        else:
            unverified = unverified or f"the position of {_place(columns, row)} is not confirmed"
    return Evidence(
        breaches=tuple(breaches), above=above, unmeasured=unmeasured, unverified=unverified,
        unverifiable=unverifiable, partitions={columns.index[rows[0]].topic: len(rows)},
        is_partial=not all(reading.is_renewed(row) for row in rows),
        is_between_polls=reading.renewed is not None,
    )  # fmt: skip


def _is_confirmed(columns: PartitionColumns, row: int) -> bool:
    """Whether records confirm the position, or the source holds no record that could be missing."""
    if columns.verified[row] in (VERIFIED, CONFIRMED_LATELY):
        return True
    return 0 <= columns.source_log_start[row] == columns.source_end[row]


def _place(columns: PartitionColumns, row: int) -> str:
    topic, partition = columns.index[row]
    return f"partition {partition} of {topic}"


def _why(columns: PartitionColumns, row: int) -> str:
    why = columns.unmeasured.get(row)
    return f" ({why.reason.value})" if why is not None else ""
