"""Go templates for what people read, and the indentation of expressions."""

from collections.abc import Mapping
from textwrap import indent

from kafka_mirror_exporter.core.alerting.texts import AlertText

_LABELS = {
    "mirror": "the mirror {{ $labels.source }} -> {{ $labels.target }}",
    "seconds": "{{ humanizeDuration $value }}",
    "count": "{{ $value }}",
    **{
        name: f"{{{{ $labels.{name} }}}}"
        for name in ("topic", "side", "stage", "group", "connector", "receiver")
    },
}

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


def described(text: AlertText, fields: Mapping[str, str]) -> str:
    """The text's sentence for a measured value, or the one for a page that is held without one."""
    known = text.known.format_map(_LABELS | fields)
    if text.held is None:
        return known
    held = text.held.format_map(_LABELS | fields)
    return f"{{{{ if ge $value 0.0 -}}}}\n{known}\n{{{{- else -}}}}\n{held}\n{{{{- end }}}}"
