"""What every alert says, for the rule files and for the exporter alike: its name, severity and sentences.

A sentence has fields in braces. The rule files fill them with Go templates, the exporter with what it
measured, so that both say the same of the same thing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

AlertSeverity = Literal["critical", "warning", "info", "none"]
Board = Literal["kafka-mirror-migration", "kafka-mirror-topic", "kafka-mirror-groups"]
DecidedBy = Literal[
    "every_partition",
    "topic",
    "mirror",
    "fallback_state",
    "fallback_blindness",
    "group",
    "connector",
    "always",
]
"""What must be known before the end of an alert is believed; until then it goes on."""

RUNBOOK_BASE_URL = "https://runbooks.example/kafka-mirror-exporter"
DASHBOARD_BASE_URL = "https://grafana.example"

_VARIABLES: Mapping[Board, tuple[str, ...]] = {
    "kafka-mirror-migration": ("source", "target"),
    "kafka-mirror-topic": ("source", "target", "topic"),
    "kafka-mirror-groups": ("source", "target", "group"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertText:
    """One alert of one severity.

    `summary` names no object, `known` does, and `held` is said in its place while the alert goes on because
    nothing is known. `hold_seconds` is how long the condition must last first.
    """

    name: str
    severity: AlertSeverity
    summary: str
    known: str
    held: str | None = None
    board: Board | None
    hold_seconds: int = 0
    decided_by: DecidedBy = "every_partition"


def runbook_url(base: str, name: str) -> str:
    """Where the runbook of an alert is."""
    return f"{base.rstrip('/')}/{name}.md"


def board_url(base: str, board: Board, *, value_of: Callable[[str], str]) -> str:
    """Where the board of an alert is, showing its object; `value_of` gives a label's value, escaped."""
    given = "&".join(f"var-{name}={value_of(name)}" for name in _VARIABLES[board])
    return f"{base.rstrip('/')}/d/{board}?{given}"


def _old(subject: str) -> str:
    return (
        f"{subject} is not known now, and the last value is old: this goes on firing until it is known again."
    )


_TOPIC = "Topic {topic} of {mirror}"

DRIFT_HIGH = AlertText(
    name="KafkaMirrorDriftHigh",
    severity="critical",
    board="kafka-mirror-topic",
    summary="A mirrored topic is further behind than its threshold allows.",
    known=f"{_TOPIC} is {{seconds}} behind on partition {{partition}}, past its threshold of {{threshold}}.",
    held=f"{_TOPIC} cannot be measured as a whole now, and the last value is old: {{last_known}}."
    " This goes on firing until every partition is measured below the threshold.",
)
LAST_KNOWN = "partition {partition} was {seconds} behind {age} ago"
LAST_KNOWN_LONG_AGO = "it was measured more than an hour ago"

STALLED = AlertText(
    name="KafkaMirrorStalled",
    severity="critical",
    hold_seconds=60,
    board="kafka-mirror-topic",
    summary="The mirror of a topic is behind and does not move.",
    known=f"{_TOPIC} stands still: partition {{partition}} is {{seconds}} behind,"
    " and its position has not moved.",
    held=_old(_TOPIC),
)

NOT_MIRRORED = AlertText(
    name="KafkaMirrorTopicNotMirrored",
    severity="warning",
    hold_seconds=900,
    board="kafka-mirror-topic",
    decided_by="topic",
    summary="A topic that the configuration names does not exist on the target.",
    known=f"{_TOPIC} has had no target topic for 15 minutes: nothing of it is mirrored.",
    held=_old(_TOPIC),
)

UNMEASURED = AlertText(
    name="KafkaMirrorUnmeasured",
    severity="warning",
    hold_seconds=120,
    board="kafka-mirror-topic",
    decided_by="mirror",
    summary="Partitions of a mirrored topic cannot be measured.",
    known=f"{_TOPIC} has {{count}} partitions that are not measured{{why}}.",
    held=_old(_TOPIC),
)
WHY_UNMEASURED = "; the reason of most is {reason}"

UNVERIFIED = AlertText(
    name="KafkaMirrorUnverified",
    severity="warning",
    hold_seconds=900,
    board="kafka-mirror-topic",
    decided_by="topic",
    summary="No comparison of records confirms the positions of a mirrored topic.",
    known=f"{_TOPIC} has {{count}} partitions whose positions"
    " no comparison of records has confirmed for 15 minutes.",
    held=_old("Whether positions of topic {topic} of {mirror} are confirmed"),
)

RECORDS_LOST = AlertText(
    name="KafkaMirrorRecordsLost",
    severity="critical",
    board="kafka-mirror-topic",
    decided_by="topic",
    summary="Records were deleted on the source before they were mirrored.",
    known=f"{_TOPIC} lost records {{seconds}} ago{{since_start}}:"
    " the source deleted them before they were mirrored.",
    held=_old(f"{_TOPIC} lost records; how it stands"),
)
POSITION_RESET = AlertText(
    name="KafkaMirrorPositionReset",
    severity="warning",
    board="kafka-mirror-topic",
    decided_by="topic",
    summary="A log of a mirrored topic went backwards.",
    known=f"{_TOPIC} went backwards on the source or the target within the last hour{{since_start}}:"
    " it was recreated or truncated.",
    held=_old(f"{_TOPIC} went backwards; how it stands"),
)
SINCE_START = " ({count} since the exporter started)"

RETENTION_RISK = AlertText(
    name="KafkaMirrorRetentionRisk",
    severity="critical",
    board="kafka-mirror-topic",
    summary="The source will soon delete records that are not mirrored yet.",
    known=f"{_TOPIC} is {{seconds}} behind, and the source deletes the next record to be mirrored {{when}}.",
    held=_old(f"{_TOPIC} was about to lose records; how it stands"),
)
DELETED_IN = "in {seconds}"
DELETED_SOON = "soon: it stands in the oldest tenth of a log that is being deleted"

TRANSACTION_HANGING = AlertText(
    name="KafkaMirrorTransactionHanging",
    severity="warning",
    board="kafka-mirror-topic",
    summary="An open transaction keeps records from being mirrored.",
    known=f"{_TOPIC} is held back by a transaction, open for {{seconds}}, on partition {{partition}}:"
    " records behind it are not mirrored.",
    held=_old(f"{_TOPIC} was held back by a transaction; how it stands"),
)
TRANSACTION_HANGING_LONG = replace(TRANSACTION_HANGING, severity="critical")

FALLBACK_NEEDED = AlertText(
    name="KafkaMirrorFallbackNeeded",
    severity="critical",
    board="kafka-mirror-topic",
    summary="A mirrored topic is so far behind that producers must write to both clusters.",
    known=f"{_TOPIC} is {{seconds}} behind on partition {{partition}},"
    " past its fallback threshold of {threshold}.",
    held=_old(_TOPIC),
)
FALLBACK_ENGAGED = AlertText(
    name="KafkaMirrorFallbackEngaged",
    severity="warning",
    board="kafka-mirror-topic",
    decided_by="fallback_state",
    summary="Producers are told to write to both clusters.",
    known="{subject} of {mirror} is engaged: producers are told to write to both clusters.",
    held=_old("{subject} of {mirror} was engaged; whether it still is"),
)
FALLBACK_BLIND = AlertText(
    name="KafkaMirrorFallbackBlind",
    severity="critical",
    hold_seconds=60,
    board="kafka-mirror-topic",
    decided_by="fallback_blindness",
    summary="Nobody can say whether producers may stop writing to both clusters.",
    known="{subject} of {mirror} is engaged or not known to be released, and cannot be measured and confirmed"
    " as a whole: it stays as it is.",
    held=_old("Whether a release of {subject} of {mirror} can be decided"),
)
SUBJECT_TOPIC, SUBJECT_MIRROR = "Topic {topic}", "Everything"

NOTIFICATIONS_FAILING = AlertText(
    name="KafkaMirrorNotificationsFailing",
    severity="warning",
    hold_seconds=60,
    board="kafka-mirror-migration",
    decided_by="always",
    summary="A receiver of notifications does not accept them.",
    known="{receiver} has accepted nothing about {mirror} for more than a minute, though it"
    " was told again and again.",
)

UNREACHABLE = AlertText(
    name="KafkaMirrorClusterUnreachable",
    severity="critical",
    hold_seconds=30,
    board="kafka-mirror-migration",
    decided_by="always",
    summary="A cluster of the mirror does not answer.",
    known="The {side} cluster of {mirror} does not answer an exporter:"
    " nothing of the mirror is measured there, and pages that fired before go on.",
    held=_old("Whether the {side} cluster of {mirror} answers"),
)
DATA_STALE = AlertText(
    name="KafkaMirrorDataStale",
    severity="critical",
    hold_seconds=30,
    board="kafka-mirror-migration",
    decided_by="always",
    summary="What the exporter shows is old.",
    known="The newest good {stage} of {mirror} are {seconds} old:"
    " the polls stand still, or this part of them fails.",
    held=_old("How old the newest good {stage} of {mirror} are"),
)
TASK_FAILED = AlertText(
    name="KafkaMirrorConnectorTaskFailed",
    severity="critical",
    hold_seconds=30,
    board="kafka-mirror-migration",
    decided_by="connector",
    summary="Tasks of a mirroring connector have failed.",
    known="{count} of {tasks} tasks of connector {connector} of {mirror} have failed:"
    " Connect does not start them again by itself.",
    held=_old("The state of connector {connector} of {mirror}"),
)

GROUP_LAG_HIGH = AlertText(
    name="KafkaMirrorGroupLagHigh",
    severity="warning",
    board="kafka-mirror-groups",
    decided_by="group",
    summary="A consumer group is further behind than its threshold allows.",
    known="Group {group} of {mirror} is {seconds} behind{where}.",
    held=_old("The lag of group {group} of {mirror}"),
)
GROUP_LAG_HIGH_CRITICAL = replace(GROUP_LAG_HIGH, severity="critical")
GROUP_WHERE = ", on the {side}, topic {topic}{at_partition}"
GROUP_PARTITION = " partition {partition}"
