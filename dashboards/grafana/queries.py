"""PromQL that several panels share; replicas of the exporter are made one before anything is added up."""

from collections.abc import Mapping

MIRROR_LABELS = "source, target"
TOPIC_LABELS = f"{MIRROR_LABELS}, topic"
PARTITION_LABELS = f"{TOPIC_LABELS}, partition"
GROUP_LABELS = f"{MIRROR_LABELS}, group"
COMMIT_LABELS = f"{GROUP_LABELS}, topic, partition"

MIRROR = 'source=~"$source", target=~"$target"'
TOPIC = f'{MIRROR}, topic=~"$topic"'
PARTITION = f'{TOPIC}, partition=~"$partition"'
GROUP = f'{MIRROR}, group=~"$group"'
COMMIT = f'{GROUP}, topic=~"$topic", partition=~"$partition"'


def worst(labels: str, metric: str, selector: str) -> str:
    """The largest value of each set of labels: the worst partition, and one of all replicas."""
    return f"max by ({labels}) (kafka_mirror_{metric}{{{selector}}})"


def total(labels: str, values: str) -> str:
    """Values that were made one for each partition, added up."""
    return f"sum by ({labels}) ({values})"


def lag_of(selector: str) -> str:
    """Records each partition is behind."""
    return worst(PARTITION_LABELS, "lag_records", selector)


def drift_by_topic(selector: str = TOPIC) -> str:
    """The worst drift of each topic."""
    return worst(TOPIC_LABELS, "drift_seconds", selector)


def threshold(level: str, selector: str = TOPIC) -> str:
    """The threshold in force of each topic; absent where it is off."""
    return worst(TOPIC_LABELS, "drift_threshold_seconds", f'{selector}, level="{level}"')


def past(level: str, selector: str = TOPIC) -> str:
    """Topics past a threshold that pages: not those in an initial sync or without a target topic."""
    is_judged = f'kafka_mirror_topic_state{{{selector}, state=~"mirroring|blind"}}'
    return (
        f"({drift_by_topic(selector)} > on ({TOPIC_LABELS}) {threshold(level, selector)}"
        f" and on ({TOPIC_LABELS}) {is_judged})"
    )


def share(labels: str, selector: str) -> str:
    """Drift as a share of the page threshold in force for its topic: 1 is where it pages."""
    return (
        f"{worst(labels, 'drift_seconds', selector)}"
        f" / on ({TOPIC_LABELS}) group_left () {threshold('page', _without_partition(selector))}"
    )


def _without_partition(selector: str) -> str:
    return selector.replace(', partition=~"$partition"', "")


def most(count: int, values: str) -> str:
    """The largest of them at each moment, so that a board of ten thousand partitions still draws."""
    return f"topk({count}, {values})"


def only(values: str, *, of: str, labels: str) -> str:
    """The values of what is among others."""
    return f"{values} and on ({labels}) {of}"


def count_or_zero(things: str, *, measured: str, labels: str = MIRROR_LABELS) -> str:
    """How many there are; 0 only where something fresh says that there are none."""
    return f"count by ({labels}) ({things}) or 0 * max by ({labels}) ({measured})"


def first_of(levels: Mapping[int, str], labels: str = MIRROR_LABELS) -> str:
    """The first condition that holds, as its number."""
    return " or ".join(f"{number} * group by ({labels}) ({holds})" for number, holds in levels.items())


def speed(metric: str, labels: str, selector: str) -> str:
    """Records a second by which offsets grow.

    They are gauges: `rate` would take a truncated log for a counter's restart and show a burst that never was.
    """
    moving = f"deriv(kafka_mirror_{metric}{{{selector}}}[$__rate_interval]) >= 0"
    return f"max by ({labels}) ({moving})"


def judged_group_lag(selector: str = GROUP) -> str:
    """Seconds a group waits on the side where it lives; abandoned groups are judged nowhere."""
    sides = (("source", "on_source"), ("target", "on_target|on_both"))
    judged = (
        f'(max by ({GROUP_LABELS}) (kafka_mirror_group_lag_seconds{{{selector}, side="{side}"}})'
        f" and on ({GROUP_LABELS}) kafka_mirror_group_state"
        f'{{{_of_group(selector)}, state=~"{states}"}})'
        for side, states in sides
    )
    return f"({' or '.join(judged)})"


def _of_group(selector: str) -> str:
    return selector.replace(', topic=~"$topic"', "").replace(', partition=~"$partition"', "")


def group_threshold() -> str:
    """The threshold of group lag in force of each mirror; absent where it is off."""
    return worst(MIRROR_LABELS, "group_threshold_seconds", f'{MIRROR}, level="lag"')
