"""Alerts of clusters, connectors, and of the exporter itself."""

from ruleset.memory import CONNECTOR, KNOWN_EXPORTERS, SIDE, STAGE, held
from ruleset.model import Alert, Group, Parameters, Recording
from ruleset.text import COUNT, MIRROR, asked, known_or_old

_REPORTING = Recording(
    "mirror:kafka_mirror_reporting:count",
    "count by (source, target) (\n"
    "  kafka_mirror_polls_total and changes(kafka_mirror_polls_total[<window>]) > 0\n"
    ")\n",
    "Exporters whose polls go on.",
)
_STILL_KNOWN = f"and on (source, target) {KNOWN_EXPORTERS}"

_UNREACHABLE = Alert(
    name="KafkaMirrorClusterUnreachable",
    severity="critical",
    hold="30s",
    board="kafka-mirror-migration",
    expr=held(
        f"min by ({SIDE}) (\n"
        "  kafka_mirror_cluster_up\n"
        "    and ignoring (side) changes(kafka_mirror_polls_total[<window>]) > 0\n"
        ") == 0",
        name="KafkaMirrorClusterUnreachable",
        by=SIDE,
        ended=(f"unless on (source, target) {_REPORTING.record}", _STILL_KNOWN),
    ),
    summary="A cluster of the mirror does not answer.",
    description=known_or_old(
        "The {{ $labels.side }} cluster of " + MIRROR + " does not answer an exporter:"
        " nothing of the mirror is measured there, and pages that fired before go on.",
        "Whether the {{ $labels.side }} cluster of " + MIRROR + " answers",
    ),
)

_DOWN = Alert(
    name="KafkaMirrorExporterDown",
    severity="critical",
    hold="30s",
    board="kafka-mirror-migration",
    expr=(
        "max by (source, target) (\n"
        f"  {KNOWN_EXPORTERS} unless on (source, target) kafka_mirror_polls_total\n"
        "  or\n"
        f"  {KNOWN_EXPORTERS} and on (job, instance) up == 0\n"
        ")\n"
    ),
    summary="An exporter that watched the mirror is gone.",
    description=(
        "An exporter that watched " + MIRROR + " within the last day does not answer any more:"
        " what it watched is not measured, and pages that fired before go on with old values."
    ),
)


def _stale(parameters: Parameters) -> Alert:
    # Not the series that is recorded of it: that is another group's, which may be evaluated later.
    oldest = f"max by ({STAGE}) (kafka_mirror_data_age_seconds)"
    return Alert(
        name="KafkaMirrorDataStale",
        severity="critical",
        hold="30s",
        board="kafka-mirror-migration",
        expr=held(
            f"{oldest} > {parameters.data_is_stale_after_seconds:g}",
            name="KafkaMirrorDataStale",
            by=STAGE,
            ended=(f"unless on ({STAGE}) kafka_mirror_data_age_seconds", _STILL_KNOWN),
        ),
        summary="What the exporter shows is old.",
        description=known_or_old(
            "The newest good {{ $labels.stage }} of " + MIRROR + " are {{ humanizeDuration $value }} old:"
            " the polls stand still, or this part of them fails.",
            "How old the newest good {{ $labels.stage }} of " + MIRROR + " are",
        ),
    )


_TASKS = "kafka_mirror_connector_tasks"
_TASK_FAILED = Alert(
    name="KafkaMirrorConnectorTaskFailed",
    severity="critical",
    hold="30s",
    board="kafka-mirror-migration",
    expr=held(
        f'max by ({CONNECTOR}) ({_TASKS}{{state="failed"}}) > 0',
        name="KafkaMirrorConnectorTaskFailed",
        by=CONNECTOR,
        ended=(
            f"unless on (source, target) {_TASKS}",
            f"and on ({CONNECTOR}) last_over_time({_TASKS}[1d])",
        ),
    ),
    summary="Tasks of a mirroring connector have failed.",
    description=known_or_old(
        "{{ $value }} of "
        + asked(
            f"sum(max by (state) ({_TASKS}{{source=%q,target=%q,connector=%q}}))",
            COUNT,
            labels="source target connector",
        )
        + " tasks of connector {{ $labels.connector }} of "
        + MIRROR
        + " have failed: Connect does not start them again by itself.",
        "The state of connector {{ $labels.connector }} of " + MIRROR,
    ),
)

_WATCHDOG = Alert(
    name="KafkaMirrorWatchdog",
    severity="none",
    board=None,
    expr="vector(1)",
    summary="The way from the rules to whoever is on call works.",
    description=(
        "This alert always fires. Let a receiver expect it and raise the alarm when it stays away:"
        " then Prometheus or Alertmanager is down, and nobody would be told of anything."
    ),
)


def cluster_group(parameters: Parameters) -> Group:
    """Alerts of what stands between the mirror and the numbers."""
    rules = (_REPORTING, _UNREACHABLE, _stale(parameters), _DOWN, _TASK_FAILED, _WATCHDOG)
    return Group("kafka-mirror-clusters", rules)
