"""Drift on the wall: over time, as a distribution, and the worst partitions by name."""

from grafana.colours import (
    FALLBACK,
    PAGE,
    SHARE,
)
from grafana.links import TOPIC_BOARD, to_board
from grafana.panels import (
    Colours,
    Head,
    Panel,
    Query,
    heatmap,
    linked,
    threshold_line,
    timeseries,
)
from grafana.queries import (
    MIRROR_LABELS,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    lag_of,
    most,
    only,
    share,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_DRIFT = worst(PARTITION_LABELS, "drift_seconds", TOPIC)
_WORST = most(20, _DRIFT)


def _strictest(level: str) -> str:
    return f'min(kafka_mirror_drift_threshold_seconds{{{TOPIC}, level="{level}"}})'


def panels() -> list[Panel]:
    """How late, how many, and who."""
    topic = to_board(TOPIC_BOARD, "Its partitions", "source", "target", "topic", of="__field.labels")
    return [_worst_drift(), linked(_shares(), topic), _distribution(), _lag(), _worst_partitions()]


def _worst_drift() -> Panel:
    return timeseries(
        Head(
            title="Worst drift of each mirror",
            description="How long the oldest record that is not mirrored yet has been waiting. The dashed lines are the"
            " strictest thresholds in force among the topics chosen (by default they page at 15 s, and the fallback"
            " takes over at 2 min). A gap: nothing was measured.",
            unit="s",
        ),
        Query(expr=worst(MIRROR_LABELS, "drift_seconds", TOPIC)),
        Query(ref="page", legend="page threshold", expr=_strictest("page")),
        Query(ref="fallback", legend="fallback threshold", expr=_strictest("fallback")),
        overrides=[threshold_line("page", PAGE), threshold_line("fallback", FALLBACK)],
    )


def _shares() -> Panel:
    return timeseries(
        Head(
            title="Worst topics against their page thresholds",
            description="Worst drift of a topic divided by the page threshold in force for it: at 100 % it pages,"
            " whatever its threshold. The ten worst at each moment; topics whose threshold is off are not here.",
            unit="percentunit",
        ),
        Query(legend="{{topic}} ({{source}} → {{target}})", expr=most(10, share(TOPIC_LABELS, TOPIC))),
        line_at=((1, PAGE),),
    )


def _distribution() -> Panel:
    bucket = f"2 ^ ceil(log2(clamp_min({_DRIFT}, 1)))"
    return heatmap(
        Head(
            title="Partitions by drift",
            description="How many partitions wait how long: up to one second, two, four, and so on. One partition that"
            " stands still among thousands is the mark that climbs away from the others. Partitions that are not"
            " measured are in no row.",
        ),
        Query(legend="{{le}}", expr=f'count_values("le", {bucket})'),
        row_unit="s",
        # A single partition must be as bright as a crowd: the scheme's dark end lies below one.
        colours=Colours(scheme="Turbo", lowest=-5, highest=20),
    )


def _lag() -> Panel:
    return timeseries(
        Head(
            title="Lag of each mirror",
            description="Source records that are not on the target yet, of all measured partitions together.",
        ),
        Query(expr=total(MIRROR_LABELS, lag_of(TOPIC))),
    )


def _worst_partitions() -> Panel:
    def of_worst(values: str) -> str:
        return only(values, of=_WORST, labels=PARTITION_LABELS)

    return table(
        Head(
            title="The twenty worst partitions now",
            description="By drift; a row is red when it is past the page threshold in force for its topic. Click a"
            " topic for its partitions.",
            width=24, height=10,
        ),
        topic_labels(LabelColumn(label="partition", title="Partition")),
        [
            Column(title="Drift", unit="s", expr=_WORST),
            Column(
                title="Of the page threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True,
                expr=of_worst(share(PARTITION_LABELS, TOPIC)),
            ),
            Column(title="Lag (records)", expr=of_worst(lag_of(TOPIC))),
        ],
        sort_by="Drift",
    )  # fmt: skip


def topic_labels(*more: LabelColumn) -> list[LabelColumn]:
    """The first columns of a table of topics, with a link to their partitions."""
    return [
        LabelColumn(label="source", title="Source"),
        LabelColumn(label="target", title="Target"),
        LabelColumn(
            label="topic",
            title="Topic",
            link=to_board(TOPIC_BOARD, "Partitions of it", "source", "target", "topic"),
        ),
        *more,
    ]
