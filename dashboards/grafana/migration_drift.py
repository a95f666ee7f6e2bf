"""The middle of the wall: drift and lag over time, the worst partitions by name, topics, and groups."""

from grafana.colours import (
    FALLBACK,
    GROUP_STATES,
    NONE_IS_BETTER,
    NONE_IS_SIGHTED,
    PAGE,
    SHARE,
    TOPIC_STATES,
    fixed,
)
from grafana.links import TOPIC as TOPIC_BOARD
from grafana.links import to_board
from grafana.panels import (
    Head,
    Override,
    Panel,
    Query,
    by_name,
    heatmap,
    threshold_line,
    timeseries,
)
from grafana.queries import (
    GROUP,
    GROUP_LABELS,
    MIRROR_LABELS,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    drift_by_topic,
    group_threshold,
    judged_group_lag,
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


def drift_panels() -> list[Panel]:
    """How late, how many, and who."""
    return [_worst_drift(), _shares(), _distribution(), _lag(), _worst_partitions()]


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
        _topic_labels(LabelColumn(label="partition", title="Partition")),
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


def _topic_labels(*more: LabelColumn) -> list[LabelColumn]:
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


def topic_panels() -> list[Panel]:
    """Topics by state, and all of them in a table."""
    return [_topics_by_state(), _topics()]


def _in_their_colours(colours: dict[str, str]) -> list[Override]:
    return [by_name(name, color=fixed(colour)) for name, colour in colours.items()]


def _topics_by_state() -> Panel:
    return timeseries(
        Head(
            title="Topics by state",
            description="blind: nothing is known of some of its partitions. awaiting_target: named in the configuration,"
            " and there is no target topic. not_selected: nobody named it, and the target has none.",
            width=8, height=12,
        ),
        Query(legend="{{state}}", expr=f"count by (state) ({_topic_states()})"),
        overrides=_in_their_colours(TOPIC_STATES),
        is_stacked=True,
    )  # fmt: skip


def _topic_states() -> str:
    return worst(f"{TOPIC_LABELS}, state", "topic_state", TOPIC)


def _topics() -> Panel:
    return table(
        Head(
            title="Topics",
            description="Worst drift of each topic beside its thresholds in force, sorted by how near it is to its"
            " page. A dash is a value that is not measured, or not there: a threshold that is off.",
            width=16, height=12,
        ),
        _topic_labels(LabelColumn(label="state", title="State", colours=TOPIC_STATES)),
        [
            Column(title="Is in its state", expr=_topic_states(), is_hidden=True),
            Column(title="Drift", unit="s", expr=drift_by_topic()),
            Column(
                title="Of the page threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True,
                expr=share(TOPIC_LABELS, TOPIC),
            ),
            Column(title="Lag (records)", expr=total(TOPIC_LABELS, lag_of(TOPIC))),
            Column(title="Time to catch up", unit="s", expr=worst(TOPIC_LABELS, "topic_catch_up_seconds", TOPIC)),
            Column(
                title="Unmeasured", scale=NONE_IS_SIGHTED,
                expr=f"count by ({TOPIC_LABELS}) ({worst(PARTITION_LABELS, 'unmeasured', TOPIC)})",
            ),
            Column(
                title="Unverified", scale=NONE_IS_BETTER, expr=worst(TOPIC_LABELS, "unverified_partitions", TOPIC)
            ),
        ],
        sort_by="Of the page threshold",
    )  # fmt: skip


def group_panels() -> list[Panel]:
    """Where groups live, and the latest of them."""
    return [_groups_by_state(), _worst_groups()]


def _groups_by_state() -> Panel:
    states = worst(f"{GROUP_LABELS}, state", "group_state", GROUP)
    return timeseries(
        Head(
            title="Groups by where they live",
            description="During a cutover groups move from on_source to on_target; on_both has members on both sides:"
            " it reads twice.",
            width=8,
        ),
        Query(legend="{{state}}", expr=f"count by (state) ({states})"),
        overrides=_in_their_colours(GROUP_STATES),
        is_stacked=True,
    )


def _worst_groups() -> Panel:
    return timeseries(
        Head(
            title="Groups that wait longest",
            description="How long the oldest record that a group has not read has been waiting, on the side where the"
            " group lives. The ten worst at each moment; the dashed line is the threshold in force. The Groups board"
            " has both sides.",
            unit="s", width=16,
        ),
        Query(legend="{{group}} ({{source}} → {{target}})", expr=most(10, judged_group_lag())),
        Query(ref="threshold", legend="threshold of group lag", expr=f"min({group_threshold()})"),
        overrides=[threshold_line("threshold", PAGE)],
    )  # fmt: skip
