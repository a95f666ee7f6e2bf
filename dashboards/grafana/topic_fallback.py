"""The dual-write path of each topic: engaged or not, whether anybody could release it, and who was told."""

from grafana.colours import BLIND, CALM, FALLBACK, texts
from grafana.panels import Head, Panel, Query, state_timeline, timeseries
from grafana.queries import MIRROR, MIRROR_LABELS, TOPIC_LABELS, most, worst

# Where a mirror is engaged as a whole there is no topic.
_TOPIC_OR_ALL = f'{MIRROR}, topic=~"$topic|"'
_ROW = "{{topic}} ({{source}} → {{target}})"
_ENGAGED = {0: ("released", CALM), 1: ("engaged", FALLBACK)}
_SIGHTED = {0: ("sighted", CALM), 1: ("blind", BLIND)}


def panels() -> list[Panel]:
    """From left to right."""
    return [_engaged(), _blind(), _transitions(), _notifications()]


def _engaged() -> Panel:
    return state_timeline(
        Head(
            title="Dual-write path",
            description="Whether producers are told to write to both clusters, by topic, or for the whole mirror; the ten"
            " that are engaged first. Absent while it is not known, and where there is no fallback.",
        ),
        Query(legend=_ROW, expr=most(10, worst(TOPIC_LABELS, "fallback_engaged", _TOPIC_OR_ALL))),
        texts(_ENGAGED),
    )


def _blind() -> Panel:
    return state_timeline(
        Head(
            title="Whether a release could be decided",
            description="Blind where a partition is not measured or its position not confirmed: the state is held. The ten"
            " that are blind first.",
        ),
        Query(legend=_ROW, expr=most(10, worst(TOPIC_LABELS, "fallback_blind", _TOPIC_OR_ALL))),
        texts(_SIGHTED),
    )


def _transitions() -> Panel:
    changes = f"increase(kafka_mirror_fallback_transitions_total{{{MIRROR}}}[$__rate_interval])"
    return timeseries(
        Head(
            title="Engaged and released",
            description="How often topics of a mirror changed their state, and to which.",
        ),
        Query(legend="{{to}} ({{source}} → {{target}})", expr=f"max by ({MIRROR_LABELS}, to) ({changes})"),
    )


def _notifications() -> Panel:
    told = f"rate(kafka_mirror_notifications_total{{{MIRROR}}}[$__rate_interval])"
    return timeseries(
        Head(
            title="Notifications",
            description="Posts a second to each receiver, by what came of them: delivered, failed and tried again, or"
            " superseded by a newer state.",
            unit="reqps",
        ),
        Query(
            legend="{{receiver}} {{outcome}} ({{source}} → {{target}})",
            expr=f"max by ({MIRROR_LABELS}, receiver, outcome) ({told})",
        ),
    )
