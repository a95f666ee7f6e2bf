"""Alerts as they come to be: a condition that holds, then an alert that fires until its end is believed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus

from kafka_mirror_exporter.core.alerting.humanize import humanize_duration
from kafka_mirror_exporter.core.alerting.texts import (
    LAST_KNOWN,
    LAST_KNOWN_LONG_AGO,
    AlertText,
    board_url,
    runbook_url,
)

_LONG_AGO_SECONDS = 3_600.0

Labels = tuple[tuple[str, str], ...]
"""What an alert is keyed by besides source and target: names and values."""
_Key = tuple[str, str, Labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds by a reading; `fields` fill the sentence besides the labels."""

    text: AlertText
    labels: Labels = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringAlert:
    """An alert that fires; `condition` is what was last measured, at `measured_at`.

    `since` and `measured_at` are seconds since the epoch. While it is `held`, its end cannot be decided.
    """

    source: str
    target: str
    condition: Condition
    since: float
    measured_at: float
    is_held: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """All labels, as a rule gives them."""
        text = self.condition.text
        named = {"alertname": text.name, "severity": text.severity, "source": self.source}
        return {**named, "target": self.target, **dict(self.condition.labels)}

    def annotations(self, *, now: float, runbook_base_url: str, dashboard_base_url: str) -> dict[str, str]:
        """What people read, with where to read on; `now` is the wall clock."""
        text = self.condition.text
        texts = {
            "summary": text.summary,
            "description": self._description(now),
            "runbook_url": runbook_url(runbook_base_url, text.name),
        }
        if text.board is not None:
            labels = self.labels
            texts["dashboard_url"] = board_url(
                dashboard_base_url, text.board, value_of=lambda name: quote_plus(labels.get(name, ""))
            )
        return texts

    def _description(self, now: float) -> str:
        text, fields = self.condition.text, dict(self.condition.fields)
        fields |= dict(self.condition.labels)
        fields["mirror"] = f"the mirror {self.source} -> {self.target}"
        if not self.is_held or text.held is None:
            return text.known.format_map(fields)
        age = now - self.measured_at
        fields["last_known"] = LAST_KNOWN_LONG_AGO
        if age < _LONG_AGO_SECONDS and "partition" in fields:
            fields["last_known"] = LAST_KNOWN.format_map(fields | {"age": humanize_duration(age)})
        return text.held.format_map(fields)


@dataclass(slots=True)
class _Entry:
    alert: FiringAlert
    holds_since: float
    is_firing: bool = False


class AlertBook:
    """The alerts of one mirror, from reading to reading: pending, firing, and held while nothing is known."""

    def __init__(self) -> None:
        self._entries: dict[_Key, _Entry] = {}

    def note(
        self,
        conditions: Iterable[Condition],
        *,
        mirror: tuple[str, str],
        is_unknown: Callable[[Condition], bool],
        now: float,
        wall: float,
    ) -> tuple[FiringAlert, ...]:
        """What fires; `is_unknown` says whether it cannot be told that a condition has ended.

        `now` is our monotonic clock, `wall` for people.
        """
        holding: dict[_Key, Condition] = {(c.text.name, c.text.severity, c.labels): c for c in conditions}
        for key, condition in holding.items():
            entry = self._entries.get(key)
            if entry is None:
                alert = FiringAlert(
                    source=mirror[0], target=mirror[1], condition=condition, since=wall, measured_at=wall
                )
                entry = self._entries[key] = _Entry(alert, holds_since=now)
            entry.alert = replace(entry.alert, condition=condition, measured_at=wall, is_held=False)
            if not entry.is_firing and now - entry.holds_since >= condition.text.hold_seconds:
                entry.is_firing, entry.alert = True, replace(entry.alert, since=wall)
        for key in self._entries.keys() - holding.keys():
            entry = self._entries[key]
            if entry.is_firing and is_unknown(entry.alert.condition):
                entry.alert = replace(entry.alert, is_held=True)
            else:
                del self._entries[key]
        return tuple(entry.alert for entry in self._entries.values() if entry.is_firing)
