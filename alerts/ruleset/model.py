"""What a rule says, and how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from kafka_mirror_exporter.core.alerting.texts import (
    DASHBOARD_BASE_URL,
    RUNBOOK_BASE_URL,
    AlertText,
    board_url,
    runbook_url,
)
from kafka_mirror_exporter.core.freshness import old_after

from ruleset.text import described

INTERVAL = "5s"
"""How often every group is evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What differs from site to site."""

    runbook_base_url: str = RUNBOOK_BASE_URL
    dashboard_base_url: str = DASHBOARD_BASE_URL
    poll_interval_seconds: float = 5.0
    critical_groups: str | None = None

    @property
    def data_is_stale_after_seconds(self) -> float:
        """Three polls, and fifteen seconds at least, as the exporter itself has it."""
        return old_after(self.poll_interval_seconds)

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
    """A rule for an alert; `fields` are Go templates for what the text leaves open besides the labels."""

    text: AlertText
    expr: str
    fields: Mapping[str, str] = field(default_factory=dict)
    keep_firing: str | None = None

    @property
    def hold(self) -> str | None:
        """How long the expression must be true first, as Prometheus writes it."""
        seconds = self.text.hold_seconds
        if not seconds:
            return None
        return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"

    def annotations(self, parameters: Parameters) -> dict[str, str]:
        """What people read, with where to read on."""
        texts = {
            "summary": self.text.summary,
            "description": parameters.fill(described(self.text, self.fields)),
            "runbook_url": runbook_url(parameters.runbook_base_url, self.text.name),
        }
        if self.text.board is not None:
            texts["dashboard_url"] = board_url(
                parameters.dashboard_base_url,
                self.text.board,
                value_of=lambda name: f"{{{{ urlquery $labels.{name} }}}}",
            )
        return texts


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
        "alert": rule.text.name,
        "expr": parameters.fill(rule.expr),
        **{key: value for key, value in timing.items() if value is not None},
        "labels": {"severity": rule.text.severity},
        "annotations": rule.annotations(parameters),
    }
