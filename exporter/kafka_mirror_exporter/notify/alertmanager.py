"""Posts to Alertmanager's v2 API.

Nothing is ever said to be resolved: an alert that is no longer sent lapses by itself, so that the rules of a
Prometheus that fires the same alert have the last word.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from kafka_mirror_exporter.errors import ConfigError, NotDelivered
from kafka_mirror_exporter.notify.http import post_json

_PATH = "/api/v2/alerts"


class Alertmanager:
    """One Alertmanager; `password` or `token`, where it wants one, is read for every attempt."""

    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password: Callable[[], str] | None = None,
        token: Callable[[], str] | None = None,
        ca_file: str | None = None,
        timeout_seconds: float = 5.0,
    ) -> None:
        self._url = url.rstrip("/") + _PATH
        self._username = username
        self._password = password
        self._token = token
        self._ca_file = ca_file
        self._timeout = timeout_seconds

    def post(self, body: bytes) -> None:
        """Raises `NotDelivered` unless it was accepted."""
        try:
            headers = self._authorization()
        except ConfigError as failure:
            raise NotDelivered(str(failure)) from failure
        post_json(self._url, body, headers=headers, timeout_seconds=self._timeout, ca_file=self._ca_file)

    def _authorization(self) -> dict[str, str]:
        if self._token is not None:
            return {"Authorization": f"Bearer {self._token()}"}
        if self._username is None or self._password is None:
            return {}
        pair = f"{self._username}:{self._password()}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def posted_alert(
    *,
    labels: Mapping[str, str],
    external_labels: Mapping[str, str],
    annotations: Mapping[str, str],
    since: float,
    lapses_at: float,
    generator_url: str | None,
) -> dict[str, object]:
    """An alert as it is posted; moments are seconds since the epoch, own labels win over external ones."""
    alert: dict[str, object] = {
        "labels": {**external_labels, **labels},
        "annotations": dict(annotations),
        "startsAt": _moment(since),
        "endsAt": _moment(lapses_at),
    }
    return alert if generator_url is None else alert | {"generatorURL": generator_url}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
