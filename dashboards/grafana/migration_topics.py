"""Topics and groups on the wall: how many are in which state, and which are the worst."""

from grafana.colours import (
    GROUP_STATES,
    NONE_IS_BETTER,
    NONE_IS_SIGHTED,
    PAGE,
    SHARE,
    TOPIC_STATES,
    fixed,
)
from grafana.links import GROUPS_BOARD, to_board
from grafana.migration_drift import topic_labels
from grafana.panels import (
    Head,
    Override,
    Panel,
    Query,
    by_name,
    linked,
    threshold_line,
    timeseries,
)
from grafana.queries import (
    GROUP,
    GROUP_LABELS,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    drift_by_topic,
    group_threshold,
    judged_group_lag,
    lag_of,
    most,
    share,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table


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
        topic_labels(LabelColumn(label="state", title="State", colours=TOPIC_STATES)),
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
    group = to_board(GROUPS_BOARD, "Its lag", "source", "target", "group", of="__field.labels")
    return [_groups_by_state(), linked(_worst_groups(), group)]


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
