"""Groups over time: how long they wait on both sides, and how they move from one to the other."""

from grafana.colours import BLIND, CALM, PAGE, WARN, texts
from grafana.panels import Head, Panel, Query, state_timeline, threshold_line, timeseries
from grafana.queries import (
    COMMIT,
    COMMIT_LABELS,
    GROUP,
    GROUP_LABELS,
    first_of,
    group_threshold,
    judged_group_lag,
    most,
    only,
    speed,
    total,
    worst,
)

_GROUP = "{{group}} ({{source}} → {{target}})"
_SIDES = ("source", "target")
_LIVES = {
    0: ("on the source", "blue"),
    1: ("on both", WARN),
    2: ("on the target", CALM),
    3: ("abandoned", "#808080"),
    4: ("unmeasured", BLIND),
}


def lag_panels() -> list[Panel]:
    """Seconds and records, judged and on each side."""
    return [_judged(), *(_seconds(side) for side in _SIDES), *(_records(side) for side in _SIDES)]


def _judged() -> Panel:
    return timeseries(
        Head(
            title="Wait where the group lives",
            description="How long the oldest record that a group has not read has been waiting, on the side on which it"
            " is judged, of the twenty groups that wait longest. The dashed line is the threshold in force.",
            unit="s", width=24,
        ),
        Query(legend=_GROUP, expr=most(20, judged_group_lag())),
        Query(ref="threshold", legend="threshold ({{source}} → {{target}})", expr=group_threshold()),
        overrides=[threshold_line("threshold", PAGE)],
    )  # fmt: skip


def _seconds(side: str) -> Panel:
    return timeseries(
        Head(
            title=f"Wait on the {side}",
            description=f"How long the oldest record that a group has not read on the {side} has been waiting, of its"
            " worst partition, of the twenty groups that wait longest; also of groups that live on the other side.",
            unit="s",
        ),
        Query(
            legend=_GROUP, expr=most(20, worst(GROUP_LABELS, "group_lag_seconds", f'{COMMIT}, side="{side}"'))
        ),
    )


def _records(side: str) -> Panel:
    once = worst(COMMIT_LABELS, "group_lag_records", f'{COMMIT}, side="{side}"')
    return timeseries(
        Head(
            title=f"Lag on the {side}",
            description=f"Offsets that a group has not read on the {side}, of all its measured partitions together;"
            " the twenty groups with most lag.",
        ),
        Query(legend=_GROUP, expr=most(20, total(GROUP_LABELS, once))),
    )


def moving_panels() -> list[Panel]:
    """Where groups live, their members, and their commits."""
    return [_homes(), _members(), *(_commits(side) for side in _SIDES), *(_speed(side) for side in _SIDES)]


def _homes() -> Panel:
    states = ("on_source", "on_both", "on_target", "abandoned", "unmeasured")
    levels = {at: f'kafka_mirror_group_state{{{GROUP}, state="{state}"}}' for at, state in enumerate(states)}
    return state_timeline(
        Head(
            title="Where each group lives",
            description="A group is judged on the source until it has been seen active on the target, from then on"
            " there. 'On both': it has members on both sides and reads twice.",
            height=10,
        ),
        Query(legend=_GROUP, expr=first_of(levels, GROUP_LABELS)),
        texts(_LIVES),
    )


def _members() -> Panel:
    return timeseries(
        Head(
            title="Members",
            description="Members of groups on each side, of the twenty largest. Absent where they could not be asked for.",
            unit="none", height=10,
        ),
        Query(
            legend="{{group}} {{side}} ({{source}} → {{target}})",
            expr=most(20, worst(f"{GROUP_LABELS}, side", "group_members", GROUP)),
        ),
    )  # fmt: skip


def _commits(side: str) -> Panel:
    commits = worst(COMMIT_LABELS, "group_committed_offset", f'{COMMIT}, side="{side}"')
    longest = most(20, worst(COMMIT_LABELS, "group_lag_seconds", f'{COMMIT}, side="{side}"'))
    return timeseries(
        Head(
            title=f"Committed offsets on the {side}",
            description=f"The next offset that each group will read on the {side}, of the twenty partitions"
            " that wait longest. A line that"
            " falls: somebody reset the group.",
            unit="none",
        ),
        Query(
            legend="{{group}} {{topic}} {{partition}} ({{source}} → {{target}})",
            expr=only(commits, of=longest, labels=COMMIT_LABELS),
        ),
    )


def _speed(side: str) -> Panel:
    moving = speed("group_committed_offset", COMMIT_LABELS, f'{COMMIT}, side="{side}"')
    lag = worst(GROUP_LABELS, "group_lag_records", f'{COMMIT}, side="{side}"')
    return timeseries(
        Head(
            title=f"Speed of the slowest on the {side}",
            description=f"Offsets that each group passes on the {side} each second, by its commits: of the twenty slowest"
            " that have something to read. At zero the group has stopped.",
            unit="rps",
        ),
        Query(
            legend=_GROUP,
            expr=f"bottomk(20, {only(total(GROUP_LABELS, moving), of=f'{lag} > 0', labels=GROUP_LABELS)})",
        ),
    )
