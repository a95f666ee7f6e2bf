"""How a page that fires is held while nothing can be known.

A firing alert is a series of its own, `ALERTS`, and a rule sees there what it said five seconds ago. So a
page goes on by itself, with the value -1, until something decides:

    condition ──true──> fires with its value
        └─false─> was it firing? ─yes─> is there a series by which "false" can be believed? ──yes──> ends
                                         └─no: blind, cluster lost, exporter dead ──> held, with -1

A page whose object has departed ends, too: nobody watches it any more, and as many exporters look as usual.
"""

from ruleset.text import indented

TOPIC = "source, target, topic"
SIDE = "source, target, side"
STAGE = "source, target, stage"
GROUP = "source, target, group"
CONNECTOR = "source, target, connector"

MEASURED = "topic:kafka_mirror_measured:count"
DEPARTED_TOPIC = "topic:kafka_mirror_departed:max"

ALL_EXPORTERS = """(
  mirror:kafka_mirror_exporters:count
    >= quantile_over_time(0.5, mirror:kafka_mirror_exporters:count[1h])
)"""
"""By mirror: no fewer exporters know both clusters now than did for most of the last hour."""

KNOWN_EXPORTERS = "instance:kafka_mirror_polls_total:last1d"
"""By mirror and exporter: it was watched in the last day."""


def firing(matchers: str, by: str) -> str:
    """The alerts that fired at the last evaluation, by their object."""
    return f'max by ({by}) (ALERTS{{{matchers},alertstate="firing"}})'


def held(condition: str, *, name: str, by: str, ended: tuple[str, ...], severity: str | None = None) -> str:
    """The condition, or the same alert still firing with -1 while none of `ended` says that it is over.

    Each of `ended` is the rest of a line after the operator, such as `unless on (source, target) up`.
    """
    matchers = f'alertname="{name}"' + (f',severity="{severity}"' if severity else "")
    lines = [f"-{firing(matchers, by)}", *(indented(end) for end in ended)]
    return "\n".join([condition, f"or on ({by})", *lines]) + "\n"


def held_topic(
    condition: str,
    *,
    name: str,
    decided_by: str = MEASURED,
    decided_on: str = TOPIC,
    severity: str | None = None,
) -> str:
    """`held` for a topic, until `decided_by` has it or it has departed."""
    ended = (f"unless on ({decided_on}) {decided_by}", f"unless on ({TOPIC}) {DEPARTED_TOPIC}")
    return held(condition, name=name, by=TOPIC, ended=ended, severity=severity)
