"""Alerts of clusters, connectors, and of the exporter itself."""

from kafka_mirror_exporter.core.alerting import texts
from kafka_mirror_exporter.core.alerting.texts import AlertText

from ruleset.memory import CONNECTOR, KNOWN_EXPORTERS, SIDE, STAGE, held
from ruleset.model import Alert, Group, Parameters, Recording
from ruleset.text import COUNT, asked

_REPORTING = Recording(
    "mirror:kafka_mirror_reporting:count",
    "count by (source, target) (\n"
    "  kafka_mirror_polls_total and changes(kafka_mirror_polls_total[<window>]) > 0\n"
    ")\n",
    "Exporters whose polls go on.",
)
_STILL_KNOWN = f"and on (source, target) {KNOWN_EXPORTERS}"

_UNREACHABLE = Alert(
    text=texts.UNREACHABLE,
    expr=held(
        f"min by ({SIDE}) (\n"
        "  kafka_mirror_cluster_up\n"
        "    and ignoring (side) changes(kafka_mirror_polls_total[<window>]) > 0\n"
        ") == 0",
        name=texts.UNREACHABLE.name,
        by=SIDE,
        ended=(f"unless on (source, target) {_REPORTING.record}", _STILL_KNOWN),
    ),
)

# Nobody but the rules can say that an exporter is gone, or that they are evaluated themselves.
_DOWN = Alert(
    text=AlertText(
        name="KafkaMirrorExporterDown",
        severity="critical",
        hold_seconds=30,
        board="kafka-mirror-migration",
        summary="An exporter that watched the mirror is gone.",
        known="An exporter that watched {mirror} within the last day does not answer any more:"
        " what it watched is not measured, and pages that fired before go on with old values.",
    ),
    expr=(
        "max by (source, target) (\n"
        f"  {KNOWN_EXPORTERS} unless on (source, target) kafka_mirror_polls_total\n"
        "  or\n"
        f"  {KNOWN_EXPORTERS} and on (job, instance) up == 0\n"
        ")\n"
    ),
)


def _stale(parameters: Parameters) -> Alert:
    # Not the series that is recorded of it: that is another group's, which may be evaluated later.
    oldest = f"max by ({STAGE}) (kafka_mirror_data_age_seconds)"
    return Alert(
        text=texts.DATA_STALE,
        expr=held(
            f"{oldest} > {parameters.data_is_stale_after_seconds:g}",
            name=texts.DATA_STALE.name,
            by=STAGE,
            ended=(f"unless on ({STAGE}) kafka_mirror_data_age_seconds", _STILL_KNOWN),
        ),
    )


_TASKS = "kafka_mirror_connector_tasks"
_TASK_FAILED = Alert(
    text=texts.TASK_FAILED,
    expr=held(
        f'max by ({CONNECTOR}) ({_TASKS}{{state="failed"}}) > 0',
        name=texts.TASK_FAILED.name,
        by=CONNECTOR,
        ended=(
            f"unless on (source, target) {_TASKS}",
            f"and on ({CONNECTOR}) last_over_time({_TASKS}[1d])",
        ),
    ),
    fields={
        "tasks": asked(
            f"sum(max by (state) ({_TASKS}{{source=%q,target=%q,connector=%q}}))",
            COUNT,
            labels="source target connector",
        )
    },
)

_WATCHDOG = Alert(
    text=AlertText(
        name="KafkaMirrorWatchdog",
        severity="none",
        board=None,
        summary="The way from the rules to whoever is on call works.",
        known="This alert always fires. Let a receiver expect it and raise the alarm when it stays away:"
        " then Prometheus or Alertmanager is down, and nobody would be told of anything.",
    ),
    expr="vector(1)",
)


def cluster_group(parameters: Parameters) -> Group:
    """Alerts of what stands between the mirror and the numbers."""
    rules = (_REPORTING, _UNREACHABLE, _stale(parameters), _DOWN, _TASK_FAILED, _WATCHDOG)
    return Group("kafka-mirror-clusters", rules)
