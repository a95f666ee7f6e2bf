"""Alerts of the dual-write path: needed, engaged, engaged with nobody who could release it, and not told."""

from ruleset.drift import worst
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.text import MIRROR, PARTITION, SECONDS, TOPIC_OF_MIRROR, asked, known_or_old, of_topic

# Where a mirror is engaged as a whole there is no topic.
_SUBJECT = "{{ with $labels.topic }}Topic {{ . }}{{ else }}Everything{{ end }} of " + MIRROR
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
    name="KafkaMirrorFallbackNeeded",
    severity="critical",
    board="kafka-mirror-topic",
    expr=held_topic(worst(_NEEDED), name="KafkaMirrorFallbackNeeded"),
    summary="A mirrored topic is so far behind that producers must write to both clusters.",
    description=known_or_old(
        TOPIC_OF_MIRROR
        + " is {{ humanizeDuration $value }} behind on partition "
        + asked(f"topk(1, max by (partition) ({_DRIFT}))", PARTITION)
        + ", past its fallback threshold of "
        + asked(of_topic("topic:kafka_mirror_drift_threshold_seconds:max", 'level="fallback"'), SECONDS)
        + ".",
        TOPIC_OF_MIRROR,
    ),
)

ENGAGED = Alert(
    name="KafkaMirrorFallbackEngaged",
    severity="warning",
    board="kafka-mirror-topic",
    expr=held_topic(
        f"max by ({TOPIC}) (kafka_mirror_fallback_engaged) == 1",
        name="KafkaMirrorFallbackEngaged",
        decided_by="kafka_mirror_fallback_engaged",
    ),
    summary="Producers are told to write to both clusters.",
    description=known_or_old(
        f"{_SUBJECT} is engaged: producers are told to write to both clusters.",
        f"{_SUBJECT} was engaged; whether it still is",
    ),
)

BLIND = Alert(
    name="KafkaMirrorFallbackBlind",
    severity="critical",
    hold="1m",
    board="kafka-mirror-topic",
    expr=held_topic(
        f"max by ({TOPIC}) (kafka_mirror_fallback_blind == 1 unless kafka_mirror_fallback_engaged == 0)",
        name="KafkaMirrorFallbackBlind",
        decided_by="kafka_mirror_fallback_blind",
    ),
    summary="Nobody can say whether producers may stop writing to both clusters.",
    description=known_or_old(
        f"{_SUBJECT} is engaged or not known to be released, and cannot be measured and confirmed as a whole:"
        " it stays as it is.",
        f"Whether a release of {_SUBJECT} can be decided",
    ),
)


def _counted(outcome: str) -> str:
    posts = f'kafka_mirror_notifications_total{{outcome="{outcome}"}}'
    return f"max by ({_RECEIVER}) (increase({posts}[1m]))"


NOT_TOLD = Alert(
    name="KafkaMirrorNotificationsFailing",
    severity="warning",
    hold="1m",
    board="kafka-mirror-migration",
    expr=f"{_counted('failed')} > 0\nunless {_counted('delivered')} > 0\n",
    summary="A receiver of notifications does not accept them.",
    description=(
        f"{{{{ $labels.receiver }}}} has accepted nothing about {MIRROR} for more than a minute, though it"
        " was told again and again."
    ),
)

FALLBACK = (NEEDED, ENGAGED, BLIND, NOT_TOLD)
