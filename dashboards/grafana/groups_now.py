"""Groups now: how many are late, where each lives, and what each partition waits for."""

from grafana.colours import GROUP_STATES, NONE_IS_BETTER, NONE_IS_SIGHTED, SHARE
from grafana.links import TOPIC_BOARD, to_board
from grafana.panels import Head, Panel, Query, stat
from grafana.queries import (
    COMMIT,
    COMMIT_LABELS,
    GROUP,
    GROUP_LABELS,
    MIRROR_LABELS,
    count_or_zero,
    group_threshold,
    judged_group_lag,
    most,
    only,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_STATES = worst(f"{GROUP_LABELS}, state", "group_state", GROUP)
_ON_THRESHOLD = f"on ({MIRROR_LABELS}) group_left () {group_threshold()}"
_GROUP = [
    LabelColumn(label="source", title="Source"),
    LabelColumn(label="target", title="Target"),
    LabelColumn(label="group", title="Group"),
]


def panels() -> list[Panel]:
    """From left to right."""
    return [_late(), _worst(), _not_measured(), _threshold(), _groups(), _commits()]


def _late() -> Panel:
    return stat(
        Head(
            title="Groups past their threshold",
            description="Groups that wait longer than the threshold of group lag in force, on the side where they live."
            " Abandoned groups are not counted.",
            width=6, height=4,
        ),
        Query(expr=count_or_zero(f"{judged_group_lag()} > {_ON_THRESHOLD}", measured=judged_group_lag())),
        scale=NONE_IS_BETTER,
    )  # fmt: skip


def _worst() -> Panel:
    return stat(
        Head(
            title="Longest wait against the threshold",
            description="The group that waits longest, divided by the threshold of group lag in force: from 100 % it is"
            " late. Of measured groups, on the side where they live.",
            unit="percentunit", width=6, height=4,
        ),
        Query(expr=f"max by ({MIRROR_LABELS}) ({judged_group_lag()} / {_ON_THRESHOLD})"),
        scale=SHARE,
    )  # fmt: skip


def _not_measured() -> Panel:
    unmeasured = worst(GROUP_LABELS, "group_state", f'{GROUP}, state="unmeasured"')
    return stat(
        Head(
            title="Unmeasured groups",
            description="Groups of which nobody knows how far they are.",
            width=6, height=4,
        ),
        Query(expr=count_or_zero(unmeasured, measured=f"kafka_mirror_group_state{{{GROUP}}}")),
        scale=NONE_IS_SIGHTED,
    )  # fmt: skip


def _threshold() -> Panel:
    return stat(
        Head(
            title="Threshold of group lag",
            description="In force for all groups of the mirror; absent where it is off.",
            unit="s", width=6, height=4,
        ),
        Query(expr=group_threshold()),
        absent="off, or not known",
    )  # fmt: skip


def _members(side: str) -> str:
    return worst(GROUP_LABELS, "group_members", f'{GROUP}, side="{side}"')


def _lag_records(side: str) -> str:
    once = worst(COMMIT_LABELS, "group_lag_records", f'{GROUP}, side="{side}"')
    return total(GROUP_LABELS, once)


def _groups() -> Panel:
    waits = {
        side: worst(GROUP_LABELS, "group_lag_seconds", f'{GROUP}, side="{side}"')
        for side in ("source", "target")
    }
    return table(
        Head(
            title="Groups",
            description="One line for each group. A row is red when the group is past the threshold in force on the side"
            " where it lives. A dash is not a zero: the group is not there, or was not measured.",
            width=24, height=10,
        ),
        [*_GROUP, LabelColumn(label="state", title="Lives", colours=GROUP_STATES)],
        [
            Column(title="Is in its state", expr=_STATES, is_hidden=True),
            Column(
                title="Of the threshold", unit="percentunit", decimals=0, scale=SHARE, is_judge=True,
                expr=f"{judged_group_lag()} / {_ON_THRESHOLD}",
            ),
            Column(title="Waits on the source", unit="s", expr=waits["source"]),
            Column(title="Waits on the target", unit="s", expr=waits["target"]),
            Column(title="Lag on the source", expr=_lag_records("source")),
            Column(title="Lag on the target", expr=_lag_records("target")),
            Column(title="Members on the source", unit="none", expr=_members("source")),
            Column(title="Members on the target", unit="none", expr=_members("target")),
        ],
        sort_by="Of the threshold",
    )  # fmt: skip


def _commits() -> Panel:
    longest = most(200, worst(COMMIT_LABELS, "group_lag_seconds", COMMIT))

    def of_side(metric: str, side: str) -> str:
        values = worst(COMMIT_LABELS, metric, f'{COMMIT}, side="{side}"')
        return only(values, of=longest, labels=COMMIT_LABELS)

    return table(
        Head(
            title="Commits",
            description="The two hundred partitions of the groups and topics chosen that wait longest on either side."
            " Offsets of the two sides are not"
            " to be compared. No partition where groups are reported for each topic. A dash: not measured, or no"
            " commit.",
            width=24, height=12,
        ),
        [
            *_GROUP,
            LabelColumn(
                label="topic", title="Topic", link=to_board(TOPIC_BOARD, "Partitions of it", "source", "target", "topic")
            ),
            LabelColumn(label="partition", title="Partition"),
        ],
        [
            Column(title="Waits on the source", unit="s", expr=of_side("group_lag_seconds", "source")),
            Column(title="Waits on the target", unit="s", expr=of_side("group_lag_seconds", "target")),
            Column(title="Lag on the source", expr=of_side("group_lag_records", "source")),
            Column(title="Lag on the target", expr=of_side("group_lag_records", "target")),
            Column(title="Committed on the source", unit="none", expr=of_side("group_committed_offset", "source")),
            Column(title="Committed on the target", unit="none", expr=of_side("group_committed_offset", "target")),
        ],
        sort_by="Waits on the target",
    )  # fmt: skip
