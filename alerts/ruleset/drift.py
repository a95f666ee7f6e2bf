"""Alerts of topics that are behind: too far, or without moving at all."""

from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.recordings import LATE
from ruleset.text import (
    PARTITION,
    SECONDS,
    TOPIC_OF_MIRROR,
    asked,
    indented,
    known_or_held,
    known_or_old,
    of_topic,
)

PAGED_STATES = 'kafka_mirror_topic_state{state=~"mirroring|blind"}'

_DRIFT = of_topic("kafka_mirror_drift_seconds")
_STANDS = "changes({}[<window>]) == 0"


def worst(condition: str) -> str:
    """By topic, and only where drift is paged."""
    return f"max by ({TOPIC}) (\n{indented(condition)}\n)\nand on ({TOPIC}) {PAGED_STATES}"


_LATE = (
    TOPIC_OF_MIRROR
    + " is {{ humanizeDuration $value }} behind on partition "
    + asked(f"topk(1, max by (partition) ({_DRIFT}))", PARTITION)
    + ", past its threshold of "
    + asked(of_topic("topic:kafka_mirror_drift_threshold_seconds:max", 'level="page"'), SECONDS)
    + "."
)
_AGE = asked(
    "time() - max(max_over_time(timestamp("
    + of_topic("kafka_mirror_drift_seconds", "partition=%q")
    + ")[1h:5s]))",
    SECONDS,
    labels="source target topic .Labels.partition",
)
_HELD = (
    TOPIC_OF_MIRROR
    + " cannot be measured as a whole now, and the last value is old: "
    + asked(
        f"topk(1, max by (partition) (last_over_time({_DRIFT}[1h])))",
        "{{ range . }}partition {{ .Labels.partition }} was {{ humanizeDuration .Value }} behind "
        f"{_AGE} ago{{{{ end }}}}",
        otherwise="it was measured more than an hour ago",
    )
    + ". This goes on firing until every partition is measured below the threshold."
)

DRIFT_HIGH = Alert(
    name="KafkaMirrorDriftHigh",
    severity="critical",
    board="kafka-mirror-topic",
    keep_firing="30s",
    expr=held_topic(worst(LATE), name="KafkaMirrorDriftHigh"),
    summary="A mirrored topic is further behind than its threshold allows.",
    description=known_or_held(_LATE, _HELD),
)

STALLED = Alert(
    name="KafkaMirrorStalled",
    severity="critical",
    hold="1m",
    board="kafka-mirror-topic",
    expr=held_topic(
        worst(f"{LATE}\n  and {_STANDS.format('kafka_mirror_position_offset')}"),
        name="KafkaMirrorStalled",
    ),
    summary="The mirror of a topic is behind and does not move.",
    description=known_or_old(
        TOPIC_OF_MIRROR
        + " stands still: partition "
        + asked(
            f"topk(1, max by (partition) ({_DRIFT}"
            f" and {_STANDS.format(of_topic('kafka_mirror_position_offset'))}))",
            PARTITION,
            labels="source target topic source target topic",
        )
        + " is {{ humanizeDuration $value }} behind, and its position has not moved.",
        TOPIC_OF_MIRROR,
    ),
)
