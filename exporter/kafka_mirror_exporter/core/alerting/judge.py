"""From readings to the alerts of a mirror, and when the end of one can be believed.

condition ──holds──> fires ──does not hold──> can that be known? ──yes──> no more
                       ^                             └─no: blind, cluster away ──> goes on, `is_held`
                       └──────────────────────────────────┘
"""

from functools import cached_property
from math import isnan

from kafka_mirror_exporter.core.alerting.alert import AlertBook, Condition, FiringAlert
from kafka_mirror_exporter.core.alerting.memory import AlertMemory
from kafka_mirror_exporter.core.alerting.others import mirror_conditions
from kafka_mirror_exporter.core.alerting.rules import AlertRules
from kafka_mirror_exporter.core.alerting.topics import topic_conditions
from kafka_mirror_exporter.core.fallback import WHOLE_MIRROR
from kafka_mirror_exporter.core.judgement import judge
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.core.reading import MirrorReading, TopicReading

_UNWATCHED = ("initial_sync", "not_selected")


class AlertJudge:
    """The alerts of one mirror, from reading to reading."""

    def __init__(self) -> None:
        self._book = AlertBook()
        self._memory = AlertMemory()

    def judge(self, reading: MirrorReading, rules: AlertRules) -> tuple[FiringAlert, ...]:
        """What fires after a reading."""
        self._memory.begin(reading)
        certainty = _Certainty(reading)
        return self._book.note(
            [
                *topic_conditions(reading, judge(reading).topics, self._memory),
                *mirror_conditions(reading, rules, self._memory),
            ],
            mirror=(reading.source, reading.target),
            is_unknown=certainty.is_unknown,
            now=reading.measured_monotonic,
            wall=reading.measured_at,
        )


class _Certainty:
    """What a reading can say of the end of an alert."""

    def __init__(self, reading: MirrorReading) -> None:
        self._reading = reading
        self._topics = {topic.topic: topic for topic in reading.topics}
        self._sees_both = (
            all(side.up for side in reading.sides.values()) and reading.facts.policy != "unknown"
        )

    def is_unknown(self, condition: Condition) -> bool:
        """Whether it cannot be told that this has ended."""
        labels, by = dict(condition.labels), condition.text.decided_by
        match by:
            case "every_partition" | "topic":
                return self._is_topic_unknown(labels["topic"], wants_all=by == "every_partition")
            case "fallback_state" | "fallback_blindness":
                return self._is_fallback_unknown(labels.get("topic", WHOLE_MIRROR), by)
            case "group":
                return self._is_group_unknown(labels["group"])
            case "connector":
                return not self._reading.connector_tasks
            case "mirror" | "always":
                return by == "mirror" and not self._sees_both

    def _is_topic_unknown(self, name: str, *, wants_all: bool) -> bool:
        topic = self._topics.get(name)
        if topic is None:
            # It has departed, if that can be seen.
            return not self._sees_both
        if topic.state in _UNWATCHED:
            return False
        return wants_all and not self._is_measured(topic)

    def _is_measured(self, topic: TopicReading) -> bool:
        return topic.state == "mirroring" and self._sees_both and topic.topic not in self._unmeasured_topics

    @cached_property
    def _unmeasured_topics(self) -> frozenset[str]:
        columns = self._reading.partitions
        return frozenset(
            tp.topic for tp, drift in zip(columns.index, columns.drift, strict=True) if isnan(drift)
        )

    def _is_fallback_unknown(self, unit: str, decided_by: str) -> bool:
        fallback = self._reading.fallback
        if fallback is None:
            return False
        state = fallback.states.get(unit)
        if state is None:
            return not self._sees_both
        return decided_by == "fallback_state" and state.engaged is None

    def _is_group_unknown(self, name: str) -> bool:
        summary = next((group for group in self._reading.groups if group.group == name), None)
        if summary is None:
            return not self._sees_both
        if summary.state == "unmeasured" or not self._sees_both:
            return True
        return (summary.judged_side, name) in self._unmeasured_groups

    @cached_property
    def _unmeasured_groups(self) -> frozenset[tuple[Side, str]]:
        columns = self._reading.group_columns
        return frozenset(
            (side, group)
            for (side, group, _), seconds in zip(columns.index, columns.lag_seconds, strict=True)
            if isnan(seconds)
        )
