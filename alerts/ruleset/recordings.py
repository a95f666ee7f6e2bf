"""What boards and alerts share, and what the topic alerts remember by."""

from ruleset.memory import ALL_EXPORTERS, KNOWN_EXPORTERS, TOPIC, firing
from ruleset.model import Recording
from ruleset.text import indented

SHARED = (
    Recording(
        "topic:kafka_mirror_drift_seconds:max",
        f"max by ({TOPIC}) (kafka_mirror_drift_seconds)",
        "The worst measured partition of every topic, and of every mirror.",
    ),
    Recording(
        "mirror:kafka_mirror_drift_seconds:max",
        "max by (source, target) (topic:kafka_mirror_drift_seconds:max)",
    ),
    Recording(
        "topic:kafka_mirror_lag_records:sum",
        f"sum by ({TOPIC}) (max by ({TOPIC}, partition) (kafka_mirror_lag_records))",
        "Records behind; what several exporters measure counts once.",
    ),
    Recording(
        "mirror:kafka_mirror_lag_records:sum",
        "sum by (source, target) (topic:kafka_mirror_lag_records:sum)",
    ),
    Recording(
        "topic:kafka_mirror_drift_threshold_seconds:max",
        f"max by ({TOPIC}, level) (kafka_mirror_drift_threshold_seconds)",
        "The thresholds in force, as the exporter's configuration has them.",
    ),
    Recording(
        "mirror:kafka_mirror_data_age_seconds:max",
        "max by (source, target, stage) (kafka_mirror_data_age_seconds)",
        "The oldest data that any exporter shows.",
    ),
)

_PAGED_TOPICS = firing('alertname=~"KafkaMirror.+",topic!=""', TOPIC)

LATE = "partition:kafka_mirror_drift_seconds:late"
LAST_RESET = "topic:kafka_mirror_position_reset_timestamp_seconds:max"

EVENTS = (
    Recording(
        LATE,
        "kafka_mirror_drift_seconds\n"
        f'  > on ({TOPIC}) group_left () topic:kafka_mirror_drift_threshold_seconds:max{{level="page"}}\n'
        "  and kafka_mirror_drift_seconds offset <settled>\n"
        "  and ignoring (topic, partition) kafka_mirror_polls_total > 1\n",
        # Without history, drift rests on a record's timestamp alone: it must still hold a poll later.
        "Partitions past their threshold; those that have just appeared must be seen twice.",
    ),
    Recording(
        LAST_RESET,
        f"max by ({TOPIC}) (increase(kafka_mirror_position_resets_total[2m]) > 0) * 0 + time()\n"
        f"or\n{LAST_RESET} > time() - 3600\n",
        "When a reset was last counted, remembered for an hour by the series itself.",
    ),
)

MEMORY = (
    Recording(
        KNOWN_EXPORTERS,
        "last_over_time(kafka_mirror_polls_total[1d])\n",
        "Every exporter of the last day.",
    ),
    Recording(
        "mirror:kafka_mirror_exporters:count",
        "count by (source, target) (\n"
        "  min without (side) (kafka_mirror_cluster_up) == 1\n"
        "    and ignoring (source_alias, target_alias, policy, separator, isolation_level, exactly_once)\n"
        '      kafka_mirror_info{policy!="unknown"}\n'
        ")\n",
        "Exporters that reach both clusters and know how topics are named.",
    ),
    Recording(
        "topic:kafka_mirror_watched:count",
        f'count by ({TOPIC}) (kafka_mirror_topic_state{{state=~"mirroring|blind|awaiting_target"}})\n',
        "Exporters that watch a topic; nobody does once it is deleted, deselected or in its initial sync.",
    ),
    Recording(
        "topic:kafka_mirror_measured:count",
        f"count by ({TOPIC}) (\n"
        '  kafka_mirror_topic_state{state="mirroring"}\n'
        '    and kafka_mirror_topic_state{state="mirroring"} offset <settled>\n'
        "    and ignoring (state) max without (partition) (kafka_mirror_drift_seconds)\n"
        "    and ignoring (state) max without (partition) (kafka_mirror_drift_seconds offset <settled>)\n"
        "    and ignoring (topic, state) kafka_mirror_polls_total > 1\n"
        ")\n",
        "Exporters that measure every partition of a topic, and did so three polls ago: they may end a page.",
    ),
    Recording(
        "topic:kafka_mirror_departed:max",
        f"{_PAGED_TOPICS}\n"
        f"  unless on ({TOPIC}) topic:kafka_mirror_watched:count\n"
        f"  and on (source, target)\n{indented(indented(ALL_EXPORTERS))}\n"
        "or\n"
        f"{_PAGED_TOPICS}\n"
        f"  unless on (source, target) {KNOWN_EXPORTERS}\n",
        "Topics with a firing alert that nobody watches any more, though as many exporters look as usual.",
    ),
)
