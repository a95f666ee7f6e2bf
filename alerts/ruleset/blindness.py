"""Alerts of topics that are not mirrored at all, cannot be measured, or are measured but not confirmed."""

from kafka_mirror_exporter.core.alerting import texts

from ruleset.drift import PAGED_STATES
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.text import asked, of_topic

NOT_MIRRORED = Alert(
    text=texts.NOT_MIRRORED,
    expr=held_topic(
        f'max by ({TOPIC}) (max_over_time(kafka_mirror_topic_state{{state="awaiting_target"}}[<window>]))',
        name=texts.NOT_MIRRORED.name,
        decided_by="kafka_mirror_topic_state",
    ),
)

UNMEASURED = Alert(
    text=texts.UNMEASURED,
    expr=held_topic(
        f"count by ({TOPIC}) (\n"
        f"  max by ({TOPIC}, partition) (kafka_mirror_unmeasured)\n"
        f"    unless on ({TOPIC}, partition) kafka_mirror_drift_seconds\n"
        ")\n"
        f"and on ({TOPIC}) {PAGED_STATES}",
        name=texts.UNMEASURED.name,
        decided_by="mirror:kafka_mirror_exporters:count",
        decided_on="source, target",
    ),
    fields={
        "why": asked(
            f"topk(1, count by (reason) ({of_topic('kafka_mirror_unmeasured')}))",
            texts.WHY_UNMEASURED.format(reason="{{ . | first | label `reason` }}"),
        )
    },
)

UNVERIFIED = Alert(
    text=texts.UNVERIFIED,
    expr=held_topic(
        f"min by ({TOPIC}) (min_over_time(kafka_mirror_unverified_partitions[<window>])) > 0\n"
        f"and on ({TOPIC}) {PAGED_STATES}",
        name=texts.UNVERIFIED.name,
        decided_by="kafka_mirror_unverified_partitions",
    ),
)
