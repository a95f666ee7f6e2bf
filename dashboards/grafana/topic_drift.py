"""Partitions of a topic: a table of all that is known, drift and lag over time, offsets and throughput."""

from grafana.colours import FALLBACK, NONE_IS_GOOD, PAGE, SHARE, TOPIC_STATES
from grafana.panels import Head, Panel, Query, heatmap, threshold_line, timeseries
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
    speed,
    threshold,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_ROW = "{{topic}} {{partition}} ({{source}} → {{target}})"
_MIRROR = [LabelColumn(label="source", title="Source"), LabelColumn(label="target", title="Target")]


def _of_partition(metric: str) -> str:
    return worst(PARTITION_LABELS, metric, PARTITION)


def _of_side(metric: str, side: str) -> str:
    return worst(PARTITION_LABELS, metric, f'{PARTITION}, side="{side}"')


_LISTED = f"({most(200, _of_partition('drift_seconds'))} or {_of_partition('unmeasured')})"
_DRAWN = most(20, _of_partition("lag_records"))


def _listed(values: str) -> str:
    return only(values, of=_LISTED, labels=PARTITION_LABELS)


def _drawn(values: str) -> str:
    return only(values, of=_DRAWN, labels=PARTITION_LABELS)


def now_panels() -> list[Panel]:
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
    source, target = (_of_side("last_record_timestamp_seconds", side) for side in ("source", "target"))
    unmeasured = worst(f"{PARTITION_LABELS}, reason", "unmeasured", PARTITION)
    lost = f"max by ({PARTITION_LABELS}) (max_over_time(kafka_mirror_lost_records_total{{{PARTITION}}}[$__range]))"
    share_now = _listed(share(PARTITION_LABELS, PARTITION))
    return [
        Column(title="Is unmeasured", expr=unmeasured, is_hidden=True),
        Column(title="Drift", unit="s", expr=_listed(_of_partition("drift_seconds"))),
        Column(
            title="Of the page threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True, expr=share_now
        ),
        Column(title="Lag (records)", expr=_listed(_of_partition("lag_records"))),
        Column(title="Position", unit="none", expr=_listed(_of_partition("position_offset"))),
        Column(title="Source end", unit="none", expr=_listed(_of_side("high_watermark", "source"))),
        Column(title="Target end", unit="none", expr=_listed(_of_side("high_watermark", "target"))),
        Column(title="Newest on the source", unit="dateTimeFromNow", expr=f"1000 * ({_listed(source)})"),
        Column(title="Newest on the target", unit="dateTimeFromNow", expr=f"1000 * ({_listed(target)})"),
        Column(title="Lost", expr=_listed(lost), scale=NONE_IS_GOOD),
    ]  # fmt: skip


def drift_panels() -> list[Panel]:
    """Which partition is late, and since when."""
    return [_heat(), _drift(), _lag(), _speeds()]


def _heat() -> Panel:
    return heatmap(
        Head(
            title="Drift of each partition against its page threshold",
            description="One row for each of the hundred worst partitions; its colour is drift divided by the page threshold in force, and"
            " the scale ends at twice the threshold. A partition that stands still is one hot row. No colour: nothing"
            " was measured, or the threshold is off.",
            unit="percentunit", height=12,
        ),
        Query(legend=_ROW, expr=most(100, share(PARTITION_LABELS, PARTITION))),
        row_unit="string",
        largest=2,
    )  # fmt: skip


def _drift() -> Panel:
    return timeseries(
        Head(
            title="Drift of the worst partitions",
            description="How long the oldest record that is not mirrored yet has been waiting; the ten worst at each"
            " moment. A line that climbs at one second a second stands still. The dashed lines are the thresholds in"
            " force of the topics chosen, at most the five strictest.",
            unit="s", height=12,
        ),
        Query(legend=_ROW, expr=most(10, _of_partition("drift_seconds"))),
        Query(ref="page", legend="{{topic}} pages ({{source}} → {{target}})", expr=f"bottomk(5, {threshold('page')})"),
        Query(ref="fallback", legend="{{topic}} fallback ({{source}} → {{target}})", expr=f"bottomk(5, {threshold('fallback')})"),
        overrides=[threshold_line("page", PAGE), threshold_line("fallback", FALLBACK)],
    )  # fmt: skip


def _lag() -> Panel:
    return timeseries(
        Head(
            title="Lag of the worst partitions",
            description="Source offsets that are not mirrored yet; the ten worst at each moment.",
        ),
        Query(legend=_ROW, expr=most(10, _of_partition("lag_records"))),
    )


def _speeds() -> Panel:
    def side(name: str) -> str:
        labels = f"{PARTITION_LABELS}, side"
        moving = speed("high_watermark", labels, f'{PARTITION}, side="{name}"')
        return most(10, total(f"{TOPIC_LABELS}, side", moving))

    return timeseries(
        Head(
            title="Throughput of both sides",
            description="Offsets by which the source and the target grow each second, of the ten busiest topics. The target below the source: the"
            " topic falls behind. Both at zero: nobody writes. While a log is truncated or recreated there is a gap.",
            unit="wps",
        ),
        Query(legend="{{topic}} {{side}} ({{source}} → {{target}})", expr=side("source")),
        Query(ref="B", legend="{{topic}} {{side}} ({{source}} → {{target}})", expr=side("target")),
    )


def offset_panels() -> list[Panel]:
    """Where the logs of both sides begin and end, and how far the mirror is."""
    return [_source_offsets(), _target_offsets(), _position_speed(), _waiting()]


def _source_offsets() -> Panel:
    return timeseries(
        Head(
            title="Offsets on the source",
            description="End of the source log, the position of the mirror in it, and its first offset still kept, of the"
            " twenty partitions with most lag. When"
            " the log start passes the position, records are lost.",
            unit="none",
        ),
        Query(legend=f"{_ROW} end", expr=_drawn(_of_side("high_watermark", "source"))),
        Query(ref="B", legend=f"{_ROW} position", expr=_drawn(_of_partition("position_offset"))),
        Query(ref="C", legend=f"{_ROW} log start", expr=_drawn(_of_side("log_start_offset", "source"))),
        Query(ref="D", legend=f"{_ROW} last stable", expr=_drawn(_of_side("last_stable_offset", "source"))),
    )


def _target_offsets() -> Panel:
    return timeseries(
        Head(
            title="Offsets on the target",
            description="End of the target log and its first offset still kept, of the twenty partitions with most lag."
            " Offsets of the two sides are not to be"
            " compared: the same record has another offset there.",
            unit="none",
        ),
        Query(legend=f"{_ROW} end", expr=_drawn(_of_side("high_watermark", "target"))),
        Query(ref="B", legend=f"{_ROW} log start", expr=_drawn(_of_side("log_start_offset", "target"))),
    )


def _position_speed() -> Panel:
    return timeseries(
        Head(
            title="Speed of the slowest positions",
            description="Source offsets that the mirror passes each second, of the ten slowest partitions that are"
            " behind. At zero the mirror of that partition stands still.",
            unit="wps",
        ),
        Query(
            legend=_ROW,
            expr=f"bottomk(10, {speed('position_offset', PARTITION_LABELS, PARTITION)}"
            f" and on ({PARTITION_LABELS}) {_of_partition('lag_records')} > 0)",
        ),
    )


def _waiting() -> Panel:
    return timeseries(
        Head(
            title="Age of the newest record",
            description="Time since the timestamp of the newest record of each side, of the ten oldest partitions; by the"
            " clocks of the producers and of Prometheus. Only where it has been read and is still the newest.",
            unit="s",
        ),
        Query(
            legend=f"{_ROW} source",
            expr=most(10, f"time() - {_of_side('last_record_timestamp_seconds', 'source')}"),
        ),
        Query(
            ref="B",
            legend=f"{_ROW} target",
            expr=most(10, f"time() - {_of_side('last_record_timestamp_seconds', 'target')}"),
        ),
    )
