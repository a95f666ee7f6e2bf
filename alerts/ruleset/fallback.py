"""Alerts of the dual-write path: needed, engaged, engaged with nobody who could release it, and not told."""

from kafka_mirror_exporter.core.alerting import texts

from ruleset.drift import worst
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.text import PARTITION, SECONDS, asked, of_topic

# Where a mirror is engaged as a whole there is no topic.
_SUBJECT = (
    f"{{{{ with $labels.topic }}}}{texts.SUBJECT_TOPIC.format(topic='{{ . }}')}"
    f"{{{{ else }}}}{texts.SUBJECT_MIRROR}{{{{ end }}}}"
)
_RECEIVER = "source, target, receiver"
_NEEDED = (
    "kafka_mirror_drift_seconds\n"
    f'  > on ({TOPIC}) group_left () topic:kafka_mirror_drift_threshold_seconds:max{{level="fallback"}}\n'
    "  and kafka_mirror_drift_seconds offset <settled>\n"
    "  and ignoring (topic, partition) kafka_mirror_polls_total > 1\n"
    # Only where the fallback is enabled is there a count of what it did.
    "  and on (source, target) kafka_mirror_fallback_transitions_total"
)
_DRIFT = of_topic("kafka_mirror_drift_seconds")

NEEDED = Alert(
    text=texts.FALLBACK_NEEDED,
    expr=held_topic(worst(_NEEDED), name=texts.FALLBACK_NEEDED.name),
    fields={
        "partition": asked(f"topk(1, max by (partition) ({_DRIFT}))", PARTITION),
        "threshold": asked(
            of_topic("topic:kafka_mirror_drift_threshold_seconds:max", 'level="fallback"'), SECONDS
        ),
    },
)

ENGAGED = Alert(
    text=texts.FALLBACK_ENGAGED,
    expr=held_topic(
        f"max by ({TOPIC}) (kafka_mirror_fallback_engaged) == 1",
        name=texts.FALLBACK_ENGAGED.name,
        decided_by="kafka_mirror_fallback_engaged",
    ),
    fields={"subject": _SUBJECT},
)

BLIND = Alert(
    text=texts.FALLBACK_BLIND,
    expr=held_topic(
        f"max by ({TOPIC}) (kafka_mirror_fallback_blind == 1 unless kafka_mirror_fallback_engaged == 0)",
        name=texts.FALLBACK_BLIND.name,
        decided_by="kafka_mirror_fallback_blind",
    ),
    fields={"subject": _SUBJECT},
)


def _counted(outcome: str) -> str:
    posts = f'kafka_mirror_notifications_total{{outcome="{outcome}"}}'
    return f"max by ({_RECEIVER}) (increase({posts}[1m]))"


NOT_TOLD = Alert(
    text=texts.NOTIFICATIONS_FAILING,
    expr=f"{_counted('failed')} > 0\nunless {_counted('delivered')} > 0\n",
)

FALLBACK = (NEEDED, ENGAGED, BLIND, NOT_TOLD)
