"""The table of all metrics, in the order in which they are exported."""

from kafka_mirror_exporter.metrics import samples
from kafka_mirror_exporter.metrics.spec import (
    AtScrape,
    GroupColumn,
    MetricSpec,
    OfExporter,
    OfReading,
    PartitionColumn,
    SideColumns,
)

_EXPORTER = (
    MetricSpec(
        name="kafka_mirror_exporter_build_info", kind="gauge",
        labels=("version", "revision", "python_version", "librdkafka_version"),
        help="The exporter that is running, always 1.",
        values=OfExporter(samples.build_info),
    ),
    MetricSpec(
        name="kafka_mirror_exporter_config_last_reload_successful", kind="gauge",
        help="1 if the configuration was read without a fault at the last start or reload, else 0.",
        values=OfExporter(lambda facts: [((), int(facts.is_last_reload_successful))]),
    ),
    MetricSpec(
        name="kafka_mirror_exporter_config_last_reload_success_timestamp_seconds", kind="gauge",
        help="When the configuration in force was read.",
        values=OfExporter(lambda facts: [((), facts.last_reload_success_at)]),
    ),
)  # fmt: skip

_HEALTH = (
    MetricSpec(
        name="kafka_mirror_info", kind="gauge",
        stays_when_stale=True,
        labels=("source_alias", "target_alias", "policy", "separator", "isolation_level", "exactly_once"),
        help="What was found or configured about the mirror, always 1.",
        values=OfReading(samples.mirror_info),
    ),
    MetricSpec(
        name="kafka_mirror_cluster_up", kind="gauge", labels=("side",),
        stays_when_stale=True,
        help="1 if the last poll could read the metadata of the cluster, else 0, as when that is long ago.",
        values=AtScrape(samples.cluster_up),
    ),
    MetricSpec(
        name="kafka_mirror_brokers", kind="gauge", labels=("side", "state"),
        help="Brokers by whether they answer.",
        values=OfReading(samples.brokers),
    ),
    MetricSpec(
        name="kafka_mirror_poll_duration_seconds", kind="gauge",
        stays_when_stale=True,
        help="How long the last whole poll took.",
        values=OfReading(lambda reading: [((), reading.poll_duration_seconds)]),
    ),
    MetricSpec(
        name="kafka_mirror_poll_stage_duration_seconds", kind="gauge", labels=("stage",),
        stays_when_stale=True,
        help="How long each stage of the last poll took.",
        values=OfReading(lambda reading: (((s,), h.duration_seconds) for s, h in reading.stages.items())),
    ),
    MetricSpec(
        name="kafka_mirror_polls_total", kind="counter",
        stays_when_stale=True,
        help="Polls that ended.",
        values=OfReading(lambda reading: [((), reading.polls)]),
    ),
    MetricSpec(
        name="kafka_mirror_poll_failures_total", kind="counter", labels=("stage",),
        stays_when_stale=True,
        help="Stages of polls that failed.",
        values=OfReading(lambda reading: (((s,), h.failures) for s, h in reading.stages.items())),
    ),
    MetricSpec(
        name="kafka_mirror_data_age_seconds", kind="gauge", labels=("stage",),
        stays_when_stale=True,
        help="How old the newest good result of a stage is at the moment of the scrape.",
        values=AtScrape(samples.data_age),
    ),
    MetricSpec(
        name="kafka_mirror_last_success_timestamp_seconds", kind="gauge", labels=("stage",),
        stays_when_stale=True,
        help="When a stage last gave a good result.",
        values=OfReading(samples.last_success),
    ),
    MetricSpec(
        name="kafka_mirror_client_received_bytes_total", kind="counter", labels=("side",),
        stays_when_stale=True,
        help="Bytes received from the cluster: what watching costs it.",
        values=OfReading(lambda reading: (((s,), h.received_bytes) for s, h in reading.sides.items())),
    ),
    MetricSpec(
        name="kafka_mirror_client_requests_total", kind="counter", labels=("side",),
        stays_when_stale=True,
        help="Requests sent to the cluster: what watching costs it.",
        values=OfReading(lambda reading: (((s,), h.requests) for s, h in reading.sides.items())),
    ),
    MetricSpec(
        name="kafka_mirror_fetch_budget_exhausted_total", kind="counter", labels=("side",),
        stays_when_stale=True,
        help="Polls that left records unread because the fetch budget was used up.",
        values=OfReading(lambda reading: (((s,), h.budget_exhausted) for s, h in reading.sides.items())),
    ),
    MetricSpec(
        name="kafka_mirror_series_limited", kind="gauge",
        stays_when_stale=True,
        help="1 while groups are reported per topic because of metrics.max_series, else 0.",
        values=OfReading(lambda reading: [((), int(reading.series_limited))]),
    ),
    MetricSpec(
        name="kafka_mirror_heartbeat_timestamp_seconds", kind="gauge",
        help="Timestamp of the MirrorMaker 2 heartbeat last seen on the target.",
        values=OfReading(samples.heartbeat),
    ),
    MetricSpec(
        name="kafka_mirror_connector_tasks", kind="gauge", labels=("connector", "state"),
        help="Connector tasks by state, where Connect URLs are configured.",
        values=OfReading(lambda reading: reading.connector_tasks.items()),
    ),
)  # fmt: skip

_TOPICS = (
    MetricSpec(
        name="kafka_mirror_topic_info", kind="gauge", labels=("topic", "target_topic"),
        stays_when_stale=True,
        help="The target topic of a source topic, always 1.",
        values=OfReading(samples.topic_info),
    ),
    MetricSpec(
        name="kafka_mirror_topic_state", kind="gauge", labels=("topic", "state"),
        stays_when_stale=True,
        help="The state a topic is in: not_selected, awaiting_target, initial_sync, mirroring, blind.",
        values=OfReading(lambda reading: (((t.topic, t.state), 1) for t in reading.topics)),
    ),
    MetricSpec(
        name="kafka_mirror_drift_threshold_seconds", kind="gauge", labels=("topic", "level"),
        stays_when_stale=True,
        help="The threshold of drift in force, by level (page, fallback); absent where off.",
        values=OfReading(samples.drift_thresholds),
    ),
    MetricSpec(
        name="kafka_mirror_group_threshold_seconds", kind="gauge", labels=("level",),
        stays_when_stale=True,
        help="The threshold of group lag and group drift in force; absent where off.",
        values=OfReading(samples.group_thresholds),
    ),
    MetricSpec(
        name="kafka_mirror_group_drift_threshold_records", kind="gauge",
        stays_when_stale=True,
        help="Records to re-read below which group drift in seconds never pages.",
        values=OfReading(lambda reading: [((), reading.group_drift_records_threshold)]),
    ),
    MetricSpec(
        name="kafka_mirror_unverified_partitions", kind="gauge", labels=("topic",),
        help="Partitions whose position no record comparison confirms, though it should.",
        values=OfReading(lambda reading: (((t.topic,), t.unverified_partitions) for t in reading.topics)),
    ),
    MetricSpec(
        name="kafka_mirror_topic_catch_up_seconds", kind="gauge", labels=("topic",),
        help="Estimated time to catch up at the recent rates; only while behind and gaining.",
        values=OfReading(samples.catch_up),
    ),
    MetricSpec(
        name="kafka_mirror_last_loss_timestamp_seconds", kind="gauge", labels=("topic",),
        stays_when_stale=True,
        help="When records were last found deleted on the source before they were mirrored.",
        values=OfReading(samples.last_loss),
    ),
)  # fmt: skip

_OF_PARTITION = ("topic", "partition")
_PARTITIONS = (
    MetricSpec(
        name="kafka_mirror_partitions", kind="gauge", labels=("origin",),
        help="Partitions by the origin of their position.",
        values=OfReading(samples.partitions_by_origin),
    ),
    MetricSpec(
        name="kafka_mirror_unmeasured", kind="gauge", labels=(*_OF_PARTITION, "reason"),
        help="Partitions without a position or drift while their cluster is up, always 1.",
        values=OfReading(samples.unmeasured),
    ),
    MetricSpec(
        name="kafka_mirror_log_start_offset", kind="gauge", labels=("side", *_OF_PARTITION),
        help="First offset still kept.",
        values=SideColumns(source="source_log_start", target="target_log_start"),
    ),
    MetricSpec(
        name="kafka_mirror_high_watermark", kind="gauge", labels=("side", *_OF_PARTITION),
        help="First offset not yet readable (the log end offset as consumers see it).",
        values=SideColumns(source="source_end", target="target_end"),
    ),
    MetricSpec(
        name="kafka_mirror_last_stable_offset", kind="gauge", labels=("side", *_OF_PARTITION),
        help="First offset not yet readable to a consumer that reads committed; only where the mirror does.",
        values=SideColumns(source="source_stable"),
    ),
    MetricSpec(
        name="kafka_mirror_open_transaction_seconds", kind="gauge", labels=_OF_PARTITION,
        help="How long the last stable offset has stood below the high watermark; only while it does.",
        values=PartitionColumn("open_transaction"),
    ),
    MetricSpec(
        name="kafka_mirror_last_record_timestamp_seconds", kind="gauge", labels=("side", *_OF_PARTITION),
        help="Timestamp of the newest data record, where it has been read and is still the newest.",
        values=SideColumns(source="source_timestamp", target="target_timestamp"),
    ),
    MetricSpec(
        name="kafka_mirror_position_offset", kind="gauge", labels=_OF_PARTITION,
        help="Next source offset to be mirrored.",
        values=PartitionColumn("position"),
    ),
    MetricSpec(
        name="kafka_mirror_lag_records", kind="gauge", labels=_OF_PARTITION,
        help="Source offsets not yet mirrored; 0 when no data record lies beyond the position.",
        values=PartitionColumn("lag"),
    ),
    MetricSpec(
        name="kafka_mirror_drift_seconds", kind="gauge", labels=_OF_PARTITION,
        help="How long the first unmirrored record has been waiting on the source; 0 when caught up.",
        values=PartitionColumn("drift"),
    ),
    MetricSpec(
        name="kafka_mirror_retention_headroom_seconds", kind="gauge", labels=_OF_PARTITION,
        help="Time until the source deletes the record at the position; only while behind and known.",
        values=PartitionColumn("headroom"),
    ),
    MetricSpec(
        name="kafka_mirror_lost_records_total", kind="counter", labels=_OF_PARTITION,
        help="Source offsets deleted on the source before they were mirrored, since first seen.",
        values=PartitionColumn("lost"),
    ),
    MetricSpec(
        name="kafka_mirror_pre_mirror_records", kind="gauge", labels=_OF_PARTITION,
        help="Offsets already gone from the source when the mirror began.",
        values=PartitionColumn("pre_mirror"),
    ),
    MetricSpec(
        name="kafka_mirror_position_resets_total", kind="counter", labels=_OF_PARTITION,
        help="Times the source or target log went backwards (recreated or truncated).",
        values=PartitionColumn("resets"),
    ),
)  # fmt: skip

_FALLBACK = (
    MetricSpec(
        name="kafka_mirror_fallback_engaged", kind="gauge", labels=("topic",),
        stays_when_stale=True,
        help="1 while the dual-write path is engaged, 0 while it is not; absent while that is not known.",
        values=OfReading(samples.fallback_engaged),
    ),
    MetricSpec(
        name="kafka_mirror_fallback_blind", kind="gauge", labels=("topic",),
        stays_when_stale=True,
        help="1 while a release of the dual-write path could not be decided, else 0.",
        values=AtScrape(samples.fallback_blind),
    ),
    MetricSpec(
        name="kafka_mirror_fallback_transitions_total", kind="counter", labels=("to",),
        stays_when_stale=True,
        help="Times the dual-write path of a topic was engaged or released, since start.",
        values=OfReading(samples.fallback_transitions),
    ),
    MetricSpec(
        name="kafka_mirror_notifications_total", kind="counter", labels=("receiver", "outcome"),
        stays_when_stale=True,
        help="Notifications by what came of them: delivered, failed (and tried again), or superseded.",
        values=OfReading(lambda reading: reading.notifications.items()),
    ),
)  # fmt: skip

_OF_GROUP = ("side", "group", "topic", "partition")
_GROUPS = (
    MetricSpec(
        name="kafka_mirror_group_state", kind="gauge", labels=("group", "state"),
        help="Where a group lives: on_source, on_target, on_both, abandoned or unmeasured; always 1.",
        values=OfReading(lambda reading: (((g.group, g.state), 1) for g in reading.groups)),
    ),
    MetricSpec(
        name="kafka_mirror_group_members", kind="gauge", labels=("side", "group"),
        help="Members of a group.",
        values=OfReading(samples.group_members),
    ),
    MetricSpec(
        name="kafka_mirror_group_committed_offset", kind="gauge", labels=_OF_GROUP,
        help="Next offset a group will read; no partition where groups are reported per topic.",
        values=GroupColumn("committed"),
    ),
    MetricSpec(
        name="kafka_mirror_group_lag_records", kind="gauge", labels=_OF_GROUP,
        help="Offsets a group has not yet read; the sum where groups are reported per topic.",
        values=GroupColumn("lag"),
    ),
    MetricSpec(
        name="kafka_mirror_group_lag_seconds", kind="gauge", labels=_OF_GROUP,
        help="How long the first unread record has been waiting, 0 when none; the maximum per topic.",
        values=GroupColumn("lag_seconds"),
    ),
)  # fmt: skip

METRICS: tuple[MetricSpec, ...] = (*_EXPORTER, *_HEALTH, *_TOPICS, *_PARTITIONS, *_GROUPS, *_FALLBACK)


def metrics_table_markdown() -> str:
    """The table for the README."""
    lines = ["| name | type | labels | meaning |", "| --- | --- | --- | --- |"]
    for spec in METRICS:
        mirror_labels = () if isinstance(spec.values, OfExporter) else ("source", "target")
        labels = ", ".join((*mirror_labels, *spec.labels))
        lines.append(f"| `{spec.name}` | {spec.kind} | {labels} | {spec.help} |")
    return "\n".join(lines) + "\n"
