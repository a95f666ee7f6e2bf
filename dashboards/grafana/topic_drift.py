"""Partitions of a topic over time: drift and lag, offsets and throughput of both sides."""

from grafana.colours import FALLBACK, PAGE
from grafana.panels import Colours, Head, Panel, Query, heatmap, threshold_line, timeseries
from grafana.queries import (
    PARTITION,
    PARTITION_LABELS,
    TOPIC_LABELS,
    most,
    only,
    share,
    speed,
    threshold,
    total,
)
from grafana.topic_now import of_partition, of_side

_ROW = "{{topic}} {{partition}} ({{source}} → {{target}})"
_DRAWN = most(20, of_partition("lag_records"))


def _drawn(values: str) -> str:
    return only(values, of=_DRAWN, labels=PARTITION_LABELS)


def drift_panels() -> list[Panel]:
    """Which partition is late, and since when."""
    return [_heat(), _drift(), _lag(), _speeds()]


def _heat() -> Panel:
    return heatmap(
        Head(
            title="Drift of each partition against its page threshold",
            description="One row for each of the hundred worst partitions; its colour is drift divided by the page"
            " threshold in force, and it is red from 100 % on. A partition that stands still is one hot row. No colour: nothing"
            " was measured, or the threshold is off.",
            unit="percentunit", height=12,
        ),
        Query(legend=_ROW, expr=most(100, share(PARTITION_LABELS, PARTITION))),
        row_unit="string",
        colours=Colours(scheme="RdYlGn", lowest=0, highest=1),
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
        Query(legend=_ROW, expr=most(10, of_partition("drift_seconds"))),
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
        Query(legend=_ROW, expr=most(10, of_partition("lag_records"))),
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
        Query(legend=f"{_ROW} end", expr=_drawn(of_side("high_watermark", "source"))),
        Query(ref="B", legend=f"{_ROW} position", expr=_drawn(of_partition("position_offset"))),
        Query(ref="C", legend=f"{_ROW} log start", expr=_drawn(of_side("log_start_offset", "source"))),
        Query(ref="D", legend=f"{_ROW} last stable", expr=_drawn(of_side("last_stable_offset", "source"))),
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
        Query(legend=f"{_ROW} end", expr=_drawn(of_side("high_watermark", "target"))),
        Query(ref="B", legend=f"{_ROW} log start", expr=_drawn(of_side("log_start_offset", "target"))),
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
            f" and on ({PARTITION_LABELS}) {of_partition('lag_records')} > 0)",
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
            expr=most(10, f"time() - {of_side('last_record_timestamp_seconds', 'source')}"),
        ),
        Query(
            ref="B",
            legend=f"{_ROW} target",
            expr=most(10, f"time() - {of_side('last_record_timestamp_seconds', 'target')}"),
        ),
    )
