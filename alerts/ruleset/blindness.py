"""Alerts of topics that are not mirrored at all, cannot be measured, or are measured but not confirmed."""

from ruleset.drift import PAGED_STATES
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.text import MIRROR, TOPIC_OF_MIRROR, asked, known_or_old, of_topic

NOT_MIRRORED = Alert(
    name="KafkaMirrorTopicNotMirrored",
    severity="warning",
    hold="15m",
    board="kafka-mirror-topic",
    expr=held_topic(
        f'max by ({TOPIC}) (max_over_time(kafka_mirror_topic_state{{state="awaiting_target"}}[<window>]))',
        name="KafkaMirrorTopicNotMirrored",
        decided_by="kafka_mirror_topic_state",
    ),
    summary="A topic that the configuration names does not exist on the target.",
    description=known_or_old(
        TOPIC_OF_MIRROR + " has had no target topic for 15 minutes: nothing of it is mirrored.",
        TOPIC_OF_MIRROR,
    ),
)

UNMEASURED = Alert(
    name="KafkaMirrorUnmeasured",
    severity="warning",
    hold="2m",
    board="kafka-mirror-topic",
    expr=held_topic(
        f"count by ({TOPIC}) (\n"
        f"  max by ({TOPIC}, partition) (kafka_mirror_unmeasured)\n"
        f"    unless on ({TOPIC}, partition) kafka_mirror_drift_seconds\n"
        ")\n"
        f"and on ({TOPIC}) {PAGED_STATES}",
        name="KafkaMirrorUnmeasured",
        decided_by="mirror:kafka_mirror_exporters:count",
        decided_on="source, target",
    ),
    summary="Partitions of a mirrored topic cannot be measured.",
    description=known_or_old(
        f"{TOPIC_OF_MIRROR} has {{{{ $value }}}} partitions that are not measured"
        + asked(
            f"topk(1, count by (reason) ({of_topic('kafka_mirror_unmeasured')}))",
            "; the reason of most is {{ . | first | label `reason` }}",
        )
        + ".",
        TOPIC_OF_MIRROR,
    ),
)

UNVERIFIED = Alert(
    name="KafkaMirrorUnverified",
    severity="warning",
    hold="15m",
    board="kafka-mirror-topic",
    expr=held_topic(
        f"min by ({TOPIC}) (min_over_time(kafka_mirror_unverified_partitions[<window>])) > 0\n"
        f"and on ({TOPIC}) {PAGED_STATES}",
        name="KafkaMirrorUnverified",
        decided_by="kafka_mirror_unverified_partitions",
    ),
    summary="No comparison of records confirms the positions of a mirrored topic.",
    description=known_or_old(
        f"{TOPIC_OF_MIRROR} has {{{{ $value }}}} partitions whose positions"
        " no comparison of records has confirmed for 15 minutes.",
        f"Whether positions of topic {{{{ $labels.topic }}}} of {MIRROR} are confirmed",
    ),
)
