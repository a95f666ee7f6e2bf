"""Alerts of records that were lost, may soon be, or of logs that went backwards."""

from kafka_mirror_exporter.core.alerting import texts

from ruleset.drift import worst
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.recordings import LAST_RESET, LATE
from ruleset.text import COUNT, SECONDS, asked, of_topic

_WATCHED = f"and on ({TOPIC}) topic:kafka_mirror_watched:count"
_SIDE = "ignoring (side)"
_START = 'kafka_mirror_log_start_offset{side="source"}'


def _since_start(counter: str) -> str:
    return asked(f"sum(max by (partition) ({of_topic(counter)}))", texts.SINCE_START.format(count=COUNT))


RECORDS_LOST = Alert(
    text=texts.RECORDS_LOST,
    expr=held_topic(
        # Clocks differ: a loss that seems to lie ahead has just been counted.
        "clamp_min(\n"
        f"  time() - max by ({TOPIC}) (last_over_time(kafka_mirror_last_loss_timestamp_seconds[1d])), 0\n"
        ") < 86400\n"
        f"{_WATCHED}",
        name=texts.RECORDS_LOST.name,
        decided_by="kafka_mirror_topic_state",
    ),
    fields={"since_start": _since_start("kafka_mirror_lost_records_total")},
)

POSITION_RESET = Alert(
    text=texts.POSITION_RESET,
    expr=held_topic(
        f"time() - {LAST_RESET} < 3600\n{_WATCHED}",
        name=texts.POSITION_RESET.name,
        decided_by="kafka_mirror_topic_state",
    ),
    fields={"since_start": _since_start("kafka_mirror_position_resets_total")},
)

# Only late partitions are looked at, which costs nothing while there are none.
_ENDING = f"""{LATE}
  and (
    kafka_mirror_retention_headroom_seconds < 3600
    or
    ((kafka_mirror_position_offset and {LATE}) - {_SIDE} {_START})
      < {_SIDE} 0.1 * ((kafka_mirror_high_watermark{{side="source"}} and {_SIDE} {LATE}) - {_START})
      and {_SIDE} ({_START} and {_SIDE} {LATE}) > {_START} offset 1h
  )"""

RETENTION_RISK = Alert(
    text=texts.RETENTION_RISK,
    expr=held_topic(
        worst(_ENDING),
        name=texts.RETENTION_RISK.name,
    ),
    fields={
        "when": asked(
            f"min({of_topic('kafka_mirror_retention_headroom_seconds')})",
            texts.DELETED_IN.format(seconds=SECONDS),
            otherwise=texts.DELETED_SOON,
        )
    },
)
