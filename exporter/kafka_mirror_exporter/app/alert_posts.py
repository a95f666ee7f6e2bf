"""What Alertmanagers are told: the alerts that fire, again and again for as long as they do."""

import time
from collections.abc import Callable, Iterator

from kafka_mirror_exporter.app.posts import Post, receiver_name, secret_reader
from kafka_mirror_exporter.config import AlertmanagerConfig, Config, SecretConfig
from kafka_mirror_exporter.core.alerting.alert import FiringAlert
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import Latest, MirrorName
from kafka_mirror_exporter.notify import Alertmanager, Key, Pace, posted_alert

_ALL_ALERTS = ""


class AlertPosts:
    """Says which alerts are new, and which fire now: those of a mirror go in one post."""

    pace = Pace(repeat_seconds=15.0)
    # A restart of the exporter, or of an Alertmanager, is over by then.
    lapses_after_seconds = 120.0

    def __init__(self, config: Config, *, latest: Latest) -> None:
        self.config = config
        self._latest = latest
        self._told: dict[MirrorName, set[tuple[tuple[str, str], ...]]] = {}

    def begin_anew(self) -> None:
        """Has everything told to receivers who are new."""
        self._told = {}

    def receivers(self) -> Iterator[tuple[str, Post]]:
        """The name of each Alertmanager, and how it is told."""
        for at, manager in enumerate(self.config.notify.alertmanagers):
            yield receiver_name(manager.url), _alertmanager(manager, f"notify.alertmanagers[{at}]").post

    def changed(self, reading: MirrorReading) -> list[Key]:
        """The mirror, if one of its alerts did not fire before."""
        mirror = (reading.source, reading.target)
        firing = {tuple(alert.labels.items()) for alert in reading.alerts}
        before, self._told[mirror] = self._told.get(mirror, set()), firing
        return [(*mirror, _ALL_ALERTS)] if firing - before else []

    def everything(self) -> list[Key]:
        """Every mirror: those without alerts have nothing to tell."""
        return [(*mirror, _ALL_ALERTS) for mirror in self._latest.all()]

    def describe(self, key: Key) -> list[dict[str, object]] | None:
        """All alerts of a mirror that fire; None if none does."""
        reading = self._latest.get(key[0], key[1])
        if reading is None or not reading.alerts:
            return None
        now = time.time()
        return [self._posted(alert, now) for alert in reading.alerts]

    def _posted(self, alert: FiringAlert, now: float) -> dict[str, object]:
        notify = self.config.notify
        return posted_alert(
            labels=alert.labels,
            external_labels=notify.external_labels,
            annotations=alert.annotations(
                now=now,
                runbook_base_url=notify.runbook_base_url,
                dashboard_base_url=notify.dashboard_base_url,
            ),
            since=alert.since,
            lapses_at=now + self.lapses_after_seconds,
            generator_url=notify.external_url,
        )


def _alertmanager(manager: AlertmanagerConfig, path: str) -> Alertmanager:
    return Alertmanager(
        manager.url,
        username=manager.username,
        password=_secret(manager.password, f"{path}.password"),
        token=_secret(manager.bearer_token, f"{path}.bearer_token"),
        ca_file=None if manager.ca_file is None else str(manager.ca_file),
    )


def _secret(place: SecretConfig | None, path: str) -> Callable[[], str] | None:
    return None if place is None else secret_reader(place, path)
