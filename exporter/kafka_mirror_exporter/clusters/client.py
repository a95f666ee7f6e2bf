"""Builds librdkafka clients that cannot write, and counts what they cost."""

import logging
import re
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, libversion
from confluent_kafka.admin import AdminClient

from kafka_mirror_exporter.clusters.commit_client import CommitClient
from kafka_mirror_exporter.clusters.errors import kafka_error
from kafka_mirror_exporter.clusters.reader import Isolation, Traffic
from kafka_mirror_exporter.core.offsets import Side
from kafka_mirror_exporter.errors import ConfigError, Fault

LOGGER: Final = logging.getLogger(__name__)
CLOSE_TIMEOUT_SECONDS: Final = 1.0
_KEPT_LINES: Final = 50

# The totals stand at the end of librdkafka's statistics, behind all brokers and topics.
_TOTALS: Final = re.compile(r'"tx": ?(\d+), "tx_bytes": ?\d+, "rx": ?\d+, "rx_bytes": ?(\d+)')

# What a user may change comes before the user's properties, what keeps us from writing comes after them.
_DEFAULTS: Final[Mapping[str, object]] = {
    # A connection with an unanswered request is given up after this; until then it is still picked.
    "socket.timeout.ms": 10_000,
    "socket.keepalive.enable": True,
    # librdkafka's own 10 s would be added to every outage.
    "reconnect.backoff.max.ms": 1_000,
    "statistics.interval.ms": 1_000,
    "log_level": 5,
}
_FIXED: Final[Mapping[str, object]] = {"allow.auto.create.topics": False}
_FIXED_CONSUMER: Final[Mapping[str, object]] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
}


class Totals:
    """What one client has received and asked, as its statistics said last."""

    def __init__(self) -> None:
        self.received_bytes = 0
        self.requests = 0

    def take(self, statistics: str) -> None:
        """Reads librdkafka's statistics."""
        found = _TOTALS.search(statistics, max(0, len(statistics) - 600))
        if found:
            self.requests = max(self.requests, int(found[1]))
            self.received_bytes = max(self.received_bytes, int(found[2]))


class _ClientLog:
    """Keeps librdkafka's last lines, and hands them to our log as details."""

    def __init__(self, side: Side) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._side = side

    def log(self, _level: int, text: str, *args: object) -> None:
        line = text % args
        self.lines.append(line)
        LOGGER.debug("%s: %s", self._side, line)


Client = Consumer | AdminClient | CommitClient


class ClientFactory:
    """Makes clients of one cluster that share their settings, their log and their counters."""

    def __init__(
        self,
        *,
        properties: Mapping[str, str],
        bootstrap_servers: str,
        side: Side,
        client_id: str,
    ) -> None:
        self._common: dict[str, object] = {
            **_DEFAULTS,
            "client.id": client_id,
            **properties,
            **_FIXED,
            "bootstrap.servers": bootstrap_servers,
        }
        # librdkafka wants a group's name of every consumer; it is never joined, so the cluster never sees it.
        self._group = f"{client_id}-never-joined"
        self._side = side
        self._log = _ClientLog(side)
        self._totals: list[Totals] = []
        self.last_error = ""

    def admin(self) -> AdminClient:
        """A client for everything that is not a partition's log."""
        settings = self._settings()
        try:
            return AdminClient(settings, logger=self._log)
        except KafkaException as exc:
            raise self._config_error(exc) from exc

    def consumer(
        self,
        *,
        isolation: Isolation,
        settings: Mapping[str, object] | None = None,
        totals: Totals | None = None,
    ) -> Consumer:
        """A client that reads logs and is in no group; `totals`, if given, are kept up to date with it."""
        merged = {
            **self._settings(totals),
            **(settings or {}),
            **_FIXED_CONSUMER,
            "group.id": self._group,
            # librdkafka's default is read_committed, which hides aborted records that mirrors do copy.
            "isolation.level": isolation,
        }
        try:
            return Consumer(merged, logger=self._log)
        except KafkaException as exc:
            raise self._config_error(exc) from exc

    def commit_client(self) -> CommitClient:
        """A client that asks for groups' commits, and does not die of a coordinator that moved."""
        quiet = {"log_level": 0, "group.id": self._group}
        return CommitClient({**self._common, **_FIXED_CONSUMER, **quiet})

    def _config_error(self, failure: KafkaException) -> ConfigError:
        """Librdkafka's sentence without the values it quotes, one of which may be a secret."""
        sentence = kafka_error(failure).str()
        for name, value in self._common.items():
            if name not in _DEFAULTS and isinstance(value, str) and value:
                sentence = sentence.replace(value, "...")
        return ConfigError([Fault(path=f"{self._side}.client", sentence=sentence)])

    def traffic(self) -> Traffic:
        """What all clients made here have received and asked, those closed since included."""
        return Traffic(
            received_bytes=sum(totals.received_bytes for totals in self._totals),
            requests=sum(totals.requests for totals in self._totals),
        )

    def recent_log_lines(self) -> tuple[str, ...]:
        """What librdkafka said last."""
        return tuple(self._log.lines)

    def _settings(self, totals: Totals | None = None) -> dict[str, Any]:
        totals = totals or Totals()
        self._totals.append(totals)
        return {**self._common, "stats_cb": totals.take, "error_cb": self._take_error}

    def _take_error(self, error: KafkaError) -> None:
        # "All brokers are down" follows every failure and says less than the one before it.
        if error.code() != KafkaError._ALL_BROKERS_DOWN or not self.last_error:  # noqa: SLF001 - a local error's name
            self.last_error = error.str()


def close_aside(clients: list[Client], *, timeout: float = CLOSE_TIMEOUT_SECONDS) -> None:
    """Closes clients on a thread of its own; one that talks to a hung broker is left behind after `timeout`.

    Empties the list: the last reference must go on that thread, for it destroys the client.
    """
    doomed = list(clients)
    clients.clear()

    def close_all() -> None:
        while doomed:
            client = doomed.pop()
            if isinstance(client, Consumer | CommitClient):
                client.close()
            del client

    closer = threading.Thread(target=close_all, name="close-clients", daemon=True)
    closer.start()
    closer.join(timeout)


def try_property(name: str, value: str) -> str | None:
    """Says in a sentence why librdkafka does not take a property, or None if it does.

    Only the property itself is judged: what it lacks beside it (a mechanism, a password) is not its fault.
    """
    log = _ClientLog("source")
    settings: dict[str, Any] = {"group.id": "never-joined", name: value}
    try:
        client = Consumer(settings, logger=log)
    except KafkaException as exc:
        sentence = kafka_error(exc).str()
        return None if sentence.startswith("Failed to create") else sentence.strip()
    except (TypeError, ValueError) as exc:
        return str(exc)
    close_aside([client])
    return None


def librdkafka_version() -> str:
    """The version of the library underneath."""
    return str(libversion()[0])
