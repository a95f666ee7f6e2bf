"""The two alerts of one condition: an open transaction that holds a topic back."""

from kafka_mirror_exporter.core.alerting import texts
from kafka_mirror_exporter.core.alerting.texts import AlertText

from ruleset.drift import PAGED_STATES
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.text import PARTITION, asked, of_topic

_METRIC = "kafka_mirror_open_transaction_seconds"


def _hanging(text: AlertText, seconds: int) -> Alert:
    """The metric itself says how long it has lasted."""
    return Alert(
        text=text,
        expr=held_topic(
            f"max by ({TOPIC}) ({_METRIC}) > {seconds}\nand on ({TOPIC}) {PAGED_STATES}",
            name=text.name,
            severity=text.severity,
        ),
        fields={"partition": asked(f"topk(1, max by (partition) ({of_topic(_METRIC)}))", PARTITION)},
    )


TRANSACTION_HANGING = (
    _hanging(texts.TRANSACTION_HANGING, 60),
    _hanging(texts.TRANSACTION_HANGING_LONG, 900),
)
