"""The top of the wall: one word for each mirror, the figures behind it, and what fires."""

from grafana.colours import (
    CALM,
    FALLBACK,
    MIRROR_STATES,
    NONE_IS_BETTER,
    NONE_IS_GOOD,
    NONE_IS_SIGHTED,
    PAGE,
    fixed,
    texts,
)
from grafana.frame import FIRING
from grafana.links import GROUPS_BOARD, TOPIC_BOARD, to_board, to_runbook
from grafana.panels import Head, Panel, Query, by_query, linked, stat, state_timeline
from grafana.queries import (
    MIRROR,
    MIRROR_LABELS,
    PARTITION_LABELS,
    TOPIC,
    TOPIC_LABELS,
    count_or_zero,
    first_of,
    group_threshold,
    judged_group_lag,
    lag_of,
    past,
    total,
    worst,
)
from grafana.tables import Column, LabelColumn, table

_DRIFT = worst(MIRROR_LABELS, "drift_seconds", TOPIC)
_UNMEASURED = worst(PARTITION_LABELS, "unmeasured", TOPIC)
_MIRROR = ("source", "target")
_ON_MIRROR = f"on ({MIRROR_LABELS})"

STATE = first_of(
    {
        5: past("fallback"),
        4: past("page"),
        3: f"{worst(f'{MIRROR_LABELS}, side', 'cluster_up', MIRROR)} == 0",
        2: f'{_UNMEASURED} or kafka_mirror_topic_state{{{TOPIC}, state="blind"}} == 1',
        0: f"kafka_mirror_drift_seconds{{{TOPIC}}}",
        1: f"kafka_mirror_info{{{MIRROR}}}",
        6: f"last_over_time(kafka_mirror_info{{{MIRROR}}}[1d])",
    }
)
"""What a mirror is in, the worst first; one whose exporter is gone stays on the wall for a day."""


def panels(runbook_base_url: str) -> list[Panel]:
    """From left to right."""
    partitions = to_board(TOPIC_BOARD, "Its partitions", *_MIRROR, of="__field.labels")
    groups = to_board(GROUPS_BOARD, "Its groups", *_MIRROR, of="__field.labels")
    return [
        linked(_state(), partitions), linked(_worst_drift(), partitions), linked(_lag(), partitions),
        linked(_late_topics(), partitions), linked(_late_groups(), groups), linked(_unmeasured(), partitions),
        linked(_lost(), partitions), linked(_catch_up(), partitions), linked(_hopeless(), partitions), _over_time(), _alerts(runbook_base_url),
    ]  # fmt: skip


def _state() -> Panel:
    return stat(
        Head(
            title="Mirrors",
            description="The worst that is true of each mirror now. 'Partly unmeasured' means that nobody knows of"
            " some partitions; it is not calm. A mirror whose exporter is gone stays here for a day.",
            width=12, height=6,
        ),
        Query(expr=STATE),
        mappings=texts(MIRROR_STATES),
    )  # fmt: skip


def _worst_drift() -> Panel:
    over_page, over_fallback = past("page"), past("fallback")
    return stat(
        Head(
            title="Worst drift",
            description="How long the oldest record that is not mirrored yet has been waiting. Green while no topic"
            " is past its page threshold (15 s by default), red past it, dark red past the fallback threshold (2 min"
            " by default): the thresholds in force of each topic decide. Of measured partitions only.",
            unit="s", width=6, height=6,
        ),
        Query(ref="within", expr=f"{_DRIFT} unless {_ON_MIRROR} ({over_page} or {over_fallback})"),
        Query(ref="page", expr=f"{_DRIFT} and {_ON_MIRROR} {over_page} unless {_ON_MIRROR} {over_fallback}"),
        Query(ref="fallback", expr=f"{_DRIFT} and {_ON_MIRROR} {over_fallback}"),
        overrides=[
            by_query("within", color=fixed(CALM)),
            by_query("page", color=fixed(PAGE)),
            by_query("fallback", color=fixed(FALLBACK)),
        ],
    )  # fmt: skip


def _lag() -> Panel:
    return stat(
        Head(
            title="Lag",
            description="Source records that are not on the target yet, of all measured partitions together.",
            width=6, height=6,
        ),
        Query(expr=total(MIRROR_LABELS, lag_of(TOPIC))),
    )  # fmt: skip


def _late_topics() -> Panel:
    return stat(
        Head(
            title="Topics past their page threshold",
            description="Topics of which at least one partition is past the threshold in force. Not counted: topics in"
            " a declared initial sync or without a target topic.",
            width=4, height=4,
        ),
        Query(expr=count_or_zero(past("page"), measured=f"kafka_mirror_drift_seconds{{{TOPIC}}}")),
        scale=NONE_IS_GOOD,
    )  # fmt: skip


def _late_groups() -> Panel:
    late = f"{judged_group_lag()} > {_ON_MIRROR} group_left () {group_threshold()}"
    return stat(
        Head(
            title="Groups past their threshold",
            description="Consumer groups that wait longer than the threshold of group lag in force, on the side where"
            " they live. Abandoned groups are not counted.",
            width=4, height=4,
        ),
        Query(expr=count_or_zero(late, measured=judged_group_lag())),
        scale=NONE_IS_BETTER,
    )  # fmt: skip


def _unmeasured() -> Panel:
    return stat(
        Head(
            title="Unmeasured partitions",
            description="Partitions of which nobody knows how far they are, while their cluster is up. The Topic board"
            " says why. Not a zero: what is not measured may be late.",
            width=4, height=4,
        ),
        Query(expr=count_or_zero(_UNMEASURED, measured=f"kafka_mirror_partitions{{{MIRROR}}}")),
        scale=NONE_IS_SIGHTED,
    )  # fmt: skip


def _lost() -> Panel:
    lost = f"max_over_time(kafka_mirror_lost_records_total{{{TOPIC}}}[$__range])"
    return stat(
        Head(
            title="Records lost",
            description="Source records deleted before they were mirrored, as counted since the exporter first saw the"
            " partition: the highest count within the time range, so that a restart does not hide a loss.",
            width=4, height=4,
        ),
        Query(expr=total(MIRROR_LABELS, f"max by ({PARTITION_LABELS}) ({lost})")),
        scale=NONE_IS_GOOD,
    )  # fmt: skip


def _catch_up() -> Panel:
    return stat(
        Head(
            title="Time to catch up",
            description="Of the slowest topic that is behind and gaining, at its recent rates. Topics that are behind"
            " and not gaining have no estimate: see the panel beside.",
            unit="s", width=4, height=4,
        ),
        Query(expr=worst(MIRROR_LABELS, "topic_catch_up_seconds", TOPIC)),
        absent="nothing is gaining",
    )  # fmt: skip


def _hopeless() -> Panel:
    gaining = f"kafka_mirror_topic_catch_up_seconds{{{TOPIC}}}"
    return stat(
        Head(
            title="Late and not gaining",
            description="Topics past their page threshold without an estimate of when they will have caught up: they"
            " stand still, or fall further behind.",
            width=4, height=4,
        ),
        Query(
            expr=count_or_zero(
                f"{past('page')} unless on ({TOPIC_LABELS}) {gaining}",
                measured=f"kafka_mirror_drift_seconds{{{TOPIC}}}",
            )
        ),
        scale=NONE_IS_GOOD,
    )  # fmt: skip


def _over_time() -> Panel:
    return state_timeline(
        Head(
            title="Mirrors over time",
            description="The same word as at the top, over time. A gap means that there was no exporter for more than"
            " a day.",
            width=12, height=8,
        ),
        Query(expr=STATE),
        texts(MIRROR_STATES),
    )  # fmt: skip


def _alerts(runbook_base_url: str) -> Panel:
    firing = f"ALERTS_FOR_STATE and ignoring (alertstate) {FIRING}"
    concerns = f'label_join({firing}, "concerns", "", "side", "stage", "connector")'
    started = f"max by (alertname, severity, {TOPIC_LABELS}, group, concerns) ({concerns})"
    return table(
        Head(
            title="Firing alerts",
            description="What fires now, and since when. Empty when nothing fires, or when no rules are loaded. Click"
            " a name for its runbook.",
            width=12, height=8,
        ),
        [
            LabelColumn(label="alertname", title="Alert", link=to_runbook(runbook_base_url)),
            LabelColumn(label="severity", title="Severity", colours={"critical": PAGE, "warning": "orange"}),
            LabelColumn(label="source", title="Source"),
            LabelColumn(label="target", title="Target"),
            LabelColumn(label="topic", title="Topic", link=to_board(TOPIC_BOARD, "Its partitions", *_MIRROR, "topic")),
            LabelColumn(label="group", title="Group", link=to_board(GROUPS_BOARD, "Its lag", *_MIRROR, "group")),
            LabelColumn(label="concerns", title="Side, stage or connector"),
        ],
        [Column(title="Since", expr=f"1000 * {started}", unit="dateTimeFromNow")],
        sort_by="Since",
    )  # fmt: skip
