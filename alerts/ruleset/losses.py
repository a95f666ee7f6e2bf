"""Alerts of records that were lost, may soon be, or of logs that went backwards."""

from ruleset.drift import worst
from ruleset.memory import TOPIC, held_topic
from ruleset.model import Alert
from ruleset.recordings import LAST_RESET, LATE
from ruleset.text import COUNT, SECONDS, TOPIC_OF_MIRROR, asked, known_or_old, of_topic

_WATCHED = f"and on ({TOPIC}) topic:kafka_mirror_watched:count"
_SIDE = "ignoring (side)"
_START = 'kafka_mirror_log_start_offset{side="source"}'


def _since_start(counter: str) -> str:
    return asked(f"sum(max by (partition) ({of_topic(counter)}))", f" ({COUNT} since the exporter started)")


RECORDS_LOST = Alert(
    name="KafkaMirrorRecordsLost",
    severity="critical",
    board="kafka-mirror-topic",
    expr=held_topic(
        # Clocks differ: a loss that seems to lie ahead has just been counted.
        "clamp_min(\n"
        f"  time() - max by ({TOPIC}) (last_over_time(kafka_mirror_last_loss_timestamp_seconds[1d])), 0\n"
        ") < 86400\n"
        f"{_WATCHED}",
        name="KafkaMirrorRecordsLost",
        decided_by="kafka_mirror_topic_state",
    ),
    summary="Records were deleted on the source before they were mirrored.",
    description=known_or_old(
        TOPIC_OF_MIRROR
        + " lost records {{ humanizeDuration $value }} ago"
        + _since_start("kafka_mirror_lost_records_total")
        + ": the source deleted them before they were mirrored.",
        TOPIC_OF_MIRROR + " lost records; how it stands",
    ),
)

POSITION_RESET = Alert(
    name="KafkaMirrorPositionReset",
    severity="warning",
    board="kafka-mirror-topic",
    expr=held_topic(
        f"time() - {LAST_RESET} < 3600\n{_WATCHED}",
        name="KafkaMirrorPositionReset",
        decided_by="kafka_mirror_topic_state",
    ),
    summary="A log of a mirrored topic went backwards.",
    description=known_or_old(
        TOPIC_OF_MIRROR
        + " went backwards on the source or the target within the last hour"
        + _since_start("kafka_mirror_position_resets_total")
        + ": it was recreated or truncated.",
        TOPIC_OF_MIRROR + " went backwards; how it stands",
    ),
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
    name="KafkaMirrorRetentionRisk",
    severity="critical",
    board="kafka-mirror-topic",
    expr=held_topic(
        worst(_ENDING),
        name="KafkaMirrorRetentionRisk",
    ),
    summary="The source will soon delete records that are not mirrored yet.",
    description=known_or_old(
        TOPIC_OF_MIRROR
        + " is {{ humanizeDuration $value }} behind, and the source deletes the next record to be mirrored "
        + asked(
            f"min({of_topic('kafka_mirror_retention_headroom_seconds')})",
            f"in {SECONDS}",
            otherwise="soon: it stands in the oldest tenth of a log that is being deleted",
        )
        + ".",
        TOPIC_OF_MIRROR + " was about to lose records; how it stands",
    ),
)
