"""Connect's REST interface: which tasks of the mirror's connectors are in which state. Only ever read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from kafka_mirror_exporter.errors import KafkaMirrorExporterError

_MIRROR_CLASSES = ("MirrorSourceConnector", "MirrorCheckpointConnector", "MirrorHeartbeatConnector")


class ConnectUnreachable(KafkaMirrorExporterError):
    """No worker of a Connect cluster answered, or none that makes sense."""


class ConnectClient:
    """The workers of one Connect cluster; the first that answers speaks for all."""

    def __init__(self, urls: Sequence[str], *, timeout_seconds: float = 1.0) -> None:
        self._urls = [url.rstrip("/") for url in urls]
        self._timeout = timeout_seconds

    def read_tasks(self) -> Mapping[tuple[str, str], int]:
        """How many tasks of each connector are in which state, by (connector, lower-case state).

        Connectors that are seen to be something else than MirrorMaker's do not count; one that failed
        before it had tasks counts as one failed task.
        """
        failures = []
        for url in self._urls:
            try:
                return _tasks(self._get(f"{url}/connectors?expand=status&expand=info"))
            except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as failure:
                failures.append(f"{_host(url)}: {type(failure).__name__}")
        raise ConnectUnreachable(f"no Connect worker answered as one ({'; '.join(failures)})")

    def _get(self, url: str) -> Mapping[str, Any]:
        answer = requests.get(url, timeout=self._timeout)
        answer.raise_for_status()
        content: Mapping[str, Any] = answer.json()
        return content


def _tasks(connectors: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    for name, entry in connectors.items():
        if not _may_be_of_mirror(entry):
            continue
        status = entry["status"]
        states = [task["state"] for task in status["tasks"]]
        if not states and status["connector"]["state"] == "FAILED":
            states = ["FAILED"]
        counts.update((name, state.lower()) for state in states)
    return dict(counts)


def _may_be_of_mirror(entry: Mapping[str, Any]) -> bool:
    """Whether a connector is MirrorMaker's; one whose class is not shown may be."""
    kind = entry.get("info", {}).get("config", {}).get("connector.class")
    return kind is None or str(kind).rpartition(".")[2] in _MIRROR_CLASSES


def _host(url: str) -> str:
    """What may be said of an address: a password may stand in front of the host, and a token behind it."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
