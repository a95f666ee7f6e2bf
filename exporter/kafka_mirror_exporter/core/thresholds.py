"""The thresholds in force for a topic, and which topics and groups are selected."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What MirrorMaker 2 never mirrors: its own and Kafka's internal topics (DefaultTopicFilter and
# MirrorSourceConnector.isReplicable), whatever the selection says.
_NEVER_MIRRORED = re.compile(r".*[-.]internal|.*\.replica|__.*|\..*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFilter:
    """Selects names by patterns matched whole: included by one, excluded by none."""

    include: tuple[re.Pattern[str], ...]
    exclude: tuple[re.Pattern[str], ...] = ()

    def selects(self, name: str) -> bool:
        """Whether a name is in."""
        return any(p.fullmatch(name) for p in self.include) and not any(
            p.fullmatch(name) for p in self.exclude
        )

    @property
    def literal_names(self) -> tuple[str, ...]:
        """The included patterns that are plain names, dots escaped."""
        plain = (p.pattern for p in self.include if re.fullmatch(r"(?:[\w-]|\\\.)+", p.pattern))
        return tuple(pattern.replace("\\.", ".") for pattern in plain)


def is_mirrorable_topic(topic: str) -> bool:
    """Whether MirrorMaker 2 would copy a topic of this name at all."""
    return _NEVER_MIRRORED.fullmatch(topic) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicThresholds:
    """Seconds of drift at which a topic pages and engages the fallback; None where off."""

    drift: float | None
    fallback: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOverride:
    """Thresholds of the topics whose name matches whole."""

    match: re.Pattern[str]
    thresholds: TopicThresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All thresholds of a mirror, in seconds and records."""

    default: TopicThresholds
    overrides: Sequence[TopicOverride] = ()
    group_lag: float | None = 15.0
    group_drift: float | None = 15.0
    group_drift_records: int = 200

    def of_topic(self, topic: str) -> TopicThresholds:
        """The thresholds in force; the first override that matches wins."""
        for override in self.overrides:
            if override.match.fullmatch(topic):
                return override.thresholds
        return self.default
