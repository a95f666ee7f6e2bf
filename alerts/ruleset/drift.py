"""Alerts of topics that are behind: too far, or without moving at all."""

from kafka_mirror_exporter.core.alerting import texts

from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.recordings import LATE
from ruleset.text import PARTITION, SECONDS, asked, indented, of_topic

PAGED_STATES = 'kafka_mirror_topic_state{state=~"mirroring|blind"}'

_DRIFT = of_topic("kafka_mirror_drift_seconds")
_STANDS = "changes({}[<window>]) == 0"


def worst(condition: str) -> str:
    """By topic, and only where drift is paged."""
    return f"max by ({TOPIC}) (\n{indented(condition)}\n)\nand on ({TOPIC}) {PAGED_STATES}"


_AGE = asked(
    "time() - max(max_over_time(timestamp("
    + of_topic("kafka_mirror_drift_seconds", "partition=%q")
    + ")[1h:5s]))",
    SECONDS,
    labels="source target topic .Labels.partition",
)
_LAST_KNOWN = texts.LAST_KNOWN.format(
    partition="{{ .Labels.partition }}", seconds="{{ humanizeDuration .Value }}", age=_AGE
)

DRIFT_HIGH = Alert(
    text=texts.DRIFT_HIGH,
    keep_firing="30s",
    expr=held_topic(worst(LATE), name=texts.DRIFT_HIGH.name),
    fields={
        "partition": asked(f"topk(1, max by (partition) ({_DRIFT}))", PARTITION),
        "threshold": asked(
            of_topic("topic:kafka_mirror_drift_threshold_seconds:max", 'level="page"'), SECONDS
        ),
        "last_known": asked(
            f"topk(1, max by (partition) (last_over_time({_DRIFT}[1h])))",
            f"{{{{ range . }}}}{_LAST_KNOWN}{{{{ end }}}}",
            otherwise=texts.LAST_KNOWN_LONG_AGO,
        ),
    },
)

STALLED = Alert(
    text=texts.STALLED,
    expr=held_topic(
        worst(f"{LATE}\n  and {_STANDS.format('kafka_mirror_position_offset')}"),
        name=texts.STALLED.name,
    ),
    fields={
        "partition": asked(
            f"topk(1, max by (partition) ({_DRIFT}"
            f" and {_STANDS.format(of_topic('kafka_mirror_position_offset'))}))",
            PARTITION,
            labels="source target topic source target topic",
        )
    },
)
