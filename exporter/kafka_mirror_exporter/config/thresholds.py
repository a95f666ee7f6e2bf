"""The thresholds of a mirror in the configuration."""

from typing import Annotated

from pydantic import Field

from kafka_mirror_exporter.config.clusters import Section
from kafka_mirror_exporter.config.values import DurationOrOff, Pattern, as_written


class TopicThresholdsConfig(Section):
    """Thresholds of some topics; what is not given is the mirror's."""

    match: Pattern = Field(description="Pattern of the source topics, matched whole.")
    drift: DurationOrOff = Field(
        default=None, validate_default=False, description="Seconds behind that page; `off` for never."
    )
    fallback: DurationOrOff = Field(
        default=None, validate_default=False, description="Seconds behind that engage the fallback."
    )


class ThresholdsConfig(Section):
    """When to page."""

    drift: DurationOrOff = Field(
        default=as_written("15s"), description="Seconds behind that page; `off` for never."
    )
    fallback: DurationOrOff = Field(
        default=as_written("2m"), description="Seconds behind that engage the fallback."
    )
    group_lag: DurationOrOff = Field(default=as_written("15s"), description="Seconds a group may be behind.")
    group_drift: DurationOrOff = Field(
        default=as_written("15s"), description="Seconds a translated commit may be off."
    )
    group_drift_records: Annotated[int, Field(ge=0)] = Field(
        default=200, description="Below this many records a translated commit never pages."
    )
    topics: list[TopicThresholdsConfig] = Field(
        default_factory=list, description="Exceptions; the first that matches wins."
    )


def named_thresholds(thresholds: ThresholdsConfig) -> list[tuple[str, float | None]]:
    """All thresholds with the keys they stand under."""
    named = [(name, getattr(thresholds, name)) for name in ("drift", "fallback", "group_lag", "group_drift")]
    for at, exception in enumerate(thresholds.topics):
        named += [(f"topics[{at}].drift", exception.drift), (f"topics[{at}].fallback", exception.fallback)]
    return named
