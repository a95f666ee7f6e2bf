"""What may be lost, what was lost, and what nobody knows, partition by partition."""

from grafana.colours import BLIND, NONE_IS_GOOD, PAGE, WARN
from grafana.panels import Head, Panel, Query, bar_gauge, stat, timeseries
from grafana.queries import (
    MIRROR_LABELS,
    PARTITION,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    most,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_ROW = "{{topic}} {{partition}} ({{source}} → {{target}})"
_HOUR = 3600


def panels() -> list[Panel]:
    """From left to right."""
    return [
        _losses(), _last_loss(), _headroom(), _before(), _resets(), _transactions(), _unmeasured(), _reasons(),
        _unverified(),
    ]  # fmt: skip


def _losses() -> Panel:
    lost = f"rate(kafka_mirror_lost_records_total{{{PARTITION}}}[$__rate_interval])"
    return timeseries(
        Head(
            title="Records being lost",
            description="Source offsets deleted before they were mirrored, a second: when it happened, and to which of the"
            " ten partitions that lose most. How many in all stands in the table at the top.",
            unit="wps",
        ),
        Query(legend=_ROW, expr=most(10, f"max by ({PARTITION_LABELS}) ({lost})")),
    )


def _last_loss() -> Panel:
    return stat(
        Head(
            title="Latest loss",
            description="When records of each topic were last found deleted before they were mirrored; kept over"
            " restarts by the state file. Absent for topics that never lost any.",
            unit="dateTimeFromNow",
        ),
        Query(
            legend="{{topic}} ({{source}} → {{target}})",
            expr=f"1000 * {worst(TOPIC_LABELS, 'last_loss_timestamp_seconds', TOPIC)}",
        ),
        scale=NONE_IS_GOOD,
        absent="no loss seen",
    )


def _headroom() -> Panel:
    headroom = f"min by ({PARTITION_LABELS}) (kafka_mirror_retention_headroom_seconds{{{PARTITION}}})"
    return bar_gauge(
        Head(
            title="Retention headroom",
            description="Time until the source deletes the record at the position of the mirror, of the ten partitions"
            " that have least. Only while behind and where retention is known; red under an hour.",
            unit="s",
        ),
        Query(legend=_ROW, expr=f"bottomk(10, {headroom})"),
        scale=((0, PAGE), (_HOUR, WARN), (6 * _HOUR, "green")),
        largest=24 * _HOUR,
    )


def _before() -> Panel:
    return table(
        Head(
            title="Gone before the mirror began",
            description="Source offsets that were already deleted when the mirror began: not a loss, and not on the"
            " target either. The hundred partitions with most.",
        ),
        [
            LabelColumn(label="source", title="Source"),
            LabelColumn(label="target", title="Target"),
            LabelColumn(label="topic", title="Topic"),
            LabelColumn(label="partition", title="Partition"),
        ],
        [Column(title="Records", expr=most(100, worst(PARTITION_LABELS, "pre_mirror_records", PARTITION)))],
        sort_by="Records",
    )


def _resets() -> Panel:
    resets = f"increase(kafka_mirror_position_resets_total{{{PARTITION}}}[$__rate_interval])"
    return timeseries(
        Head(
            title="Resets",
            description="The source or the target log went backwards: it was recreated or truncated. What was measured"
            " before does not hold any more. The ten partitions with most.",
            width=8,
        ),
        Query(legend=_ROW, expr=most(10, f"max by ({PARTITION_LABELS}) ({resets})")),
    )


def _transactions() -> Panel:
    return timeseries(
        Head(
            title="Open transactions",
            description="How long the last stable offset has stood below the high watermark; a mirror that reads"
            " committed copies nothing beyond it, and lag does not show it. The ten longest.",
            unit="s", width=8,
        ),
        Query(legend=_ROW, expr=most(10, worst(PARTITION_LABELS, "open_transaction_seconds", PARTITION))),
    )  # fmt: skip


def _unmeasured() -> Panel:
    unmeasured = worst(f"{PARTITION_LABELS}, reason", "unmeasured", PARTITION)
    return timeseries(
        Head(
            title="Unmeasured partitions by reason",
            description="Partitions of which nobody knows how far they are, while their cluster is up. They may be late.",
            width=8,
        ),
        Query(
            legend="{{reason}} ({{source}} → {{target}})", expr=total(f"{MIRROR_LABELS}, reason", unmeasured)
        ),
        is_stacked=True,
    )


def _reasons() -> Panel:
    return table(
        Head(
            title="Unmeasured partitions",
            description="Each partition that is not measured now, and why; docs/measuring.md says what to do about each"
            " reason. Empty when all are measured, or nothing is.",
        ),
        [
            LabelColumn(label="source", title="Source"),
            LabelColumn(label="target", title="Target"),
            LabelColumn(label="topic", title="Topic"),
            LabelColumn(label="partition", title="Partition"),
            LabelColumn(label="reason", title="Reason"),
        ],
        [
            Column(
                title="Partitions",
                expr=worst(f"{PARTITION_LABELS}, reason", "unmeasured", PARTITION),
                scale=((0, BLIND),),
            )
        ],
        sort_by="Topic",
        is_descending=False,
    )


def _unverified() -> Panel:
    return timeseries(
        Head(
            title="Unverified partitions",
            description="Partitions whose position no record comparison confirms, though it should: their drift may be"
            " wrong. A few after a start are checked within minutes. The ten topics with most.",
        ),
        Query(
            legend="{{topic}} ({{source}} → {{target}})",
            expr=most(10, worst(TOPIC_LABELS, "unverified_partitions", TOPIC)),
        ),
    )
