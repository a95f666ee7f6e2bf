"""Go templates for what people read, and the indentation of expressions."""

from textwrap import indent

MIRROR = "the mirror {{ $labels.source }} -> {{ $labels.target }}"
TOPIC_OF_MIRROR = "Topic {{ $labels.topic }} of " + MIRROR

SECONDS = "{{ . | first | value | humanizeDuration }}"
COUNT = "{{ . | first | value | humanize }}"
PARTITION = "{{ . | first | label `partition` }}"
"""What `asked` may make of the first row of an answer."""


def indented(block: str) -> str:
    """Two spaces deeper."""
    return indent(block, "  ")


def of_topic(metric: str, *matchers: str) -> str:
    """The selector of a metric for the alert's topic; its three `%q` are filled in when it is asked."""
    return f"{metric}{{{','.join(('source=%q', 'target=%q', 'topic=%q', *matchers))}}}"


def asked(expression: str, answer: str, *, otherwise: str = "", labels: str = "source target topic") -> str:
    """The answer to a question to Prometheus, or something else where it has none.

    Each `%q` of the expression takes one of the labels, which are the alert's or begin with a dot.
    """
    given = " ".join(name if name.startswith(".") else f"$labels.{name}" for name in labels.split())
    rest = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with printf `{expression}` {given} | query }}}}{answer}{rest}{{{{ end }}}}"


def known_or_held(known: str, held: str) -> str:
    """The text for a measured value, or the one for a page that is held without one."""
    return f"{{{{ if ge $value 0.0 -}}}}\n{known}\n{{{{- else -}}}}\n{held}\n{{{{- end }}}}"


def known_or_old(known: str, subject: str) -> str:
    """The text for a measured value, or a sentence that it is old."""
    held = (
        f"{subject} is not known now, and the last value is old: this goes on firing until it is known again."
    )
    return known_or_held(known, held)
