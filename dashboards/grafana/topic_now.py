"""Topics and partitions now: two tables of all that is known."""

from grafana.colours import NONE_IS_GOOD, SHARE, TOPIC_STATES
from grafana.panels import Head, Panel
from grafana.queries import (
    PARTITION,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    drift_by_topic,
    lag_of,
    most,
    only,
    share,
    threshold,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_MIRROR = [LabelColumn(label="source", title="Source"), LabelColumn(label="target", title="Target")]


def of_partition(metric: str) -> str:
    """One value for each partition."""
    return worst(PARTITION_LABELS, metric, PARTITION)


def of_side(metric: str, side: str) -> str:
    """One value for each partition, of one cluster."""
    return worst(PARTITION_LABELS, metric, f'{PARTITION}, side="{side}"')


_LISTED = f"({most(200, of_partition('drift_seconds'))} or {of_partition('unmeasured')})"


def _listed(values: str) -> str:
    return only(values, of=_LISTED, labels=PARTITION_LABELS)


def panels() -> list[Panel]:
    """What is true of the topics and partitions now."""
    return [_topics(), _partitions()]


def _topics() -> Panel:
    return table(
        Head(
            title="Topics",
            description="The topics chosen: their names on the target, their states, and the thresholds in force. The"
            " row is red when a partition is past the page threshold. A dash: not measured, or off.",
            width=24, height=6,
        ),
        [
            *_MIRROR,
            LabelColumn(label="topic", title="Topic"),
            LabelColumn(label="target_topic", title="Topic on the target"),
            LabelColumn(label="state", title="State", colours=TOPIC_STATES),
        ],
        [
            Column(
                title="Is in its state", expr=worst(f"{TOPIC_LABELS}, state", "topic_state", TOPIC), is_hidden=True
            ),
            Column(
                title="Has its name", expr=worst(f"{TOPIC_LABELS}, target_topic", "topic_info", TOPIC), is_hidden=True
            ),
            Column(title="Worst drift", unit="s", expr=drift_by_topic()),
            Column(
                title="Of the page threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True,
                expr=share(TOPIC_LABELS, TOPIC),
            ),
            Column(title="Pages at", unit="s", expr=threshold("page")),
            Column(title="Fallback at", unit="s", expr=threshold("fallback")),
            Column(title="Lag (records)", expr=total(TOPIC_LABELS, lag_of(TOPIC))),
            Column(title="Time to catch up", unit="s", expr=worst(TOPIC_LABELS, "topic_catch_up_seconds", TOPIC)),
        ],
        sort_by="Of the page threshold",
    )  # fmt: skip


def _partitions() -> Panel:
    return table(
        Head(
            title="Partitions",
            description="All that is known of each partition now: of the two hundred with most drift, and of all that"
            " are not measured. A row is red when it is past the page threshold in"
            " force. A dash is not a zero: it was not measured, or does not apply; then 'Not measured because' says"
            " why.",
            width=24, height=12,
        ),
        [
            *_MIRROR,
            LabelColumn(label="topic", title="Topic"),
            LabelColumn(label="partition", title="Partition"),
            LabelColumn(label="reason", title="Not measured because"),
        ],
        _partition_columns(),
        sort_by="Of the page threshold",
    )  # fmt: skip


def _partition_columns() -> list[Column]:
    source, target = (of_side("last_record_timestamp_seconds", side) for side in ("source", "target"))
    unmeasured = worst(f"{PARTITION_LABELS}, reason", "unmeasured", PARTITION)
    lost = f"max by ({PARTITION_LABELS}) (max_over_time(kafka_mirror_lost_records_total{{{PARTITION}}}[$__range]))"
    share_now = _listed(share(PARTITION_LABELS, PARTITION))
    return [
        Column(title="Is unmeasured", expr=unmeasured, is_hidden=True),
        Column(title="Drift", unit="s", expr=_listed(of_partition("drift_seconds"))),
        Column(
            title="Of the page threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True, expr=share_now
        ),
        Column(title="Lag (records)", expr=_listed(of_partition("lag_records"))),
        Column(title="Position", unit="none", expr=_listed(of_partition("position_offset"))),
        Column(title="Source end", unit="none", expr=_listed(of_side("high_watermark", "source"))),
        Column(title="Target end", unit="none", expr=_listed(of_side("high_watermark", "target"))),
        Column(title="Newest on the source", unit="dateTimeFromNow", expr=f"1000 * ({_listed(source)})"),
        Column(title="Newest on the target", unit="dateTimeFromNow", expr=f"1000 * ({_listed(target)})"),
        Column(title="Lost", expr=_listed(lost), scale=NONE_IS_GOOD),
    ]  # fmt: skip
