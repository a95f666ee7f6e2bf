"""What a rule says, and how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

INTERVAL = "5s"
"""How often every group is evaluated."""

Severity = Literal["critical", "warning", "info", "none"]
Board = Literal["kafka-mirror-migration", "kafka-mirror-topic", "kafka-mirror-groups"]

_VARIABLES: Mapping[Board, tuple[str, ...]] = {
    "kafka-mirror-migration": ("source", "target"),
    "kafka-mirror-topic": ("source", "target", "topic"),
    "kafka-mirror-groups": ("source", "target", "group"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What differs from site to site."""

    runbook_base_url: str = "https://runbooks.example/kafka-mirror-exporter"
    dashboard_base_url: str = "https://grafana.example"
    poll_interval_seconds: float = 5.0
    critical_groups: str | None = None

    @property
    def data_is_stale_after_seconds(self) -> float:
        """Three polls, and fifteen seconds at least, as the exporter itself has it."""
        return max(3 * self.poll_interval_seconds, 15.0)

    def fill(self, text: str) -> str:
        """A rule's text with the times that follow from the poll interval.

        `<settled>` is three polls: by then a new series has been confirmed by another. In a `<window>` of six
        a counter of polls moves for sure.
        """
        settled = ceil(self.data_is_stale_after_seconds)
        return text.replace("<settled>", f"{settled}s").replace("<window>", f"{2 * settled}s")


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that boards and alerts share; `why` becomes a comment in the file."""

    record: str
    expr: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of one severity; `summary` names no object, `description` is a Go template that does."""

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    board: Board | None
    hold: str | None = None
    keep_firing: str | None = None

    def annotations(self, parameters: Parameters) -> dict[str, str]:
        """What people read, with where to read on."""
        texts = {
            "summary": self.summary,
            "description": parameters.fill(self.description),
            "runbook_url": f"{parameters.runbook_base_url.rstrip('/')}/{self.name}.md",
        }
        if self.board is not None:
            texts["dashboard_url"] = _board_url(parameters.dashboard_base_url, self.board)
        return texts


def _board_url(base: str, board: Board) -> str:
    given = "&".join(f"var-{name}={{{{ urlquery $labels.{name} }}}}" for name in _VARIABLES[board])
    return f"{base.rstrip('/')}/d/{board}?{given}"


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated in this order."""

    name: str
    rules: tuple[Recording | Alert, ...]

    def as_yaml(self, parameters: Parameters) -> dict[str, Any]:
        """The group as Prometheus reads it."""
        rules = [_as_yaml(rule, parameters) for rule in self.rules]
        return {"name": self.name, "interval": INTERVAL, "rules": rules}


def _as_yaml(rule: Recording | Alert, parameters: Parameters) -> dict[str, Any]:
    if isinstance(rule, Recording):
        return {"record": rule.record, "expr": parameters.fill(rule.expr)}
    timing = {"for": rule.hold, "keep_firing_for": rule.keep_firing}
    return {
        "alert": rule.name,
        "expr": parameters.fill(rule.expr),
        **{key: value for key, value in timing.items() if value is not None},
        "labels": {"severity": rule.severity},
        "annotations": rule.annotations(parameters),
    }
