"""The two alerts of one condition: an open transaction that holds a topic back."""

from ruleset.drift import PAGED_STATES
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert, Severity
from ruleset.text import PARTITION, TOPIC_OF_MIRROR, asked, known_or_old, of_topic

_NAME, _METRIC = "KafkaMirrorTransactionHanging", "kafka_mirror_open_transaction_seconds"


def _hanging(severity: Severity, seconds: int) -> Alert:
    """The metric itself says how long it has lasted."""
    return Alert(
        name=_NAME,
        severity=severity,
        board="kafka-mirror-topic",
        expr=held_topic(
            f"max by ({TOPIC}) ({_METRIC}) > {seconds}\nand on ({TOPIC}) {PAGED_STATES}",
            name=_NAME,
            severity=severity,
        ),
        summary="An open transaction keeps records from being mirrored.",
        description=known_or_old(
            TOPIC_OF_MIRROR
            + " is held back by a transaction, open for {{ humanizeDuration $value }}, on partition "
            + asked(f"topk(1, max by (partition) ({of_topic(_METRIC)}))", PARTITION)
            + ": records behind it are not mirrored.",
            TOPIC_OF_MIRROR + " was held back by a transaction; how it stands",
        ),
    )


TRANSACTION_HANGING = (_hanging("warning", 60), _hanging("critical", 900))
