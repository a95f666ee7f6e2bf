"""Who is told of the fallback: receivers by the configuration, fed with every change of a reading."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from urllib.parse import urlsplit

from kafka_mirror_exporter.config import Config, WebhookConfig, read_secret
from kafka_mirror_exporter.core.fallback_views import unit_fallback
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import StateFileError
from kafka_mirror_exporter.exposition import is_too_old
from kafka_mirror_exporter.latest import Latest
from kafka_mirror_exporter.notify import OUTCOMES, Key, Pace, Receiver, Sequence, Webhook
from kafka_mirror_exporter.poll.ledger import StateFile

_log = logging.getLogger(__name__)

# A receiver may miss two of the posts that come every half a minute before what it knows expires.
_VALID_FOR_REPEATS = 3
_PACE = Pace()

_Told = tuple[bool | None, bool]


class Notifications:
    """The receivers of the configuration in force; `instance` is what this exporter calls itself."""

    def __init__(
        self, config: Config, *, latest: Latest, state: StateFile | None, instance: Callable[[], str]
    ) -> None:
        self._config = config
        self._latest = latest
        self._instance = instance
        self._state = state
        self._sequence = Sequence(
            kept=state.sequence if state is not None else 0, wall=time.time(), reserve=self._reserve
        )
        self._told: dict[Key, _Told] = {}
        self._receivers = self._start()

    def _start(self) -> list[Receiver]:
        if not self._config.fallback.enabled:
            return []
        receivers: list[Receiver] = []
        for at, webhook in enumerate(self._config.notify.webhooks):
            name = _name(webhook.url)
            if any(receiver.name == name for receiver in receivers):
                name = f"{name}#{at}"
            post = Webhook(webhook.url, headers=webhook.headers, secret=_secret(webhook, at)).post
            receivers.append(
                Receiver(name, post, describe=self._describe, everything=self._everything, pace=_PACE)
            )
        for receiver in receivers:
            receiver.start()
        return receivers

    def reconfigure(self, config: Config) -> None:
        """Goes on with other receivers, who are told everything, if it is they who changed."""
        before, self._config = self._config, config
        if (config.notify, config.fallback.enabled) != (before.notify, before.fallback.enabled):
            self.close()
            self._told = {}
            self._receivers = self._start()

    def counted(self, source: str, target: str) -> Mapping[tuple[str, str], int]:
        """What came of telling about a mirror, by receiver and outcome."""
        return {
            (receiver.name, outcome): receiver.count(source, target, outcome)
            for receiver in self._receivers
            for outcome in OUTCOMES
        }

    def offer(self, reading: MirrorReading) -> None:
        """Has every receiver told what changed since the last reading; waits for nobody."""
        if reading.fallback is None:
            return
        states = reading.fallback.states
        now: dict[Key, _Told] = {
            (reading.source, reading.target, unit): (state.engaged, bool(state.blind))
            for unit, state in states.items()
        }
        changed = [key for key, told in now.items() if self._told.get(key) != told]
        self._told |= now
        for receiver in self._receivers if changed else ():
            receiver.offer(changed)

    def _everything(self) -> list[Key]:
        return [
            (source, target, unit)
            for (source, target), reading in self._latest.all().items()
            if reading.fallback is not None
            for unit in reading.fallback.states
        ]

    def _describe(self, key: Key) -> Mapping[str, object] | None:
        """The body of a post: what holds now, by the last reading and its age."""
        source, target, unit = key
        reading = self._latest.get(source, target)
        if reading is None:
            return None
        interval = self._config.poll.interval
        is_stale = is_too_old(reading, now_monotonic=time.monotonic(), poll_interval=interval)
        state = unit_fallback(reading, unit, is_stale=is_stale)
        if state is None:
            return None
        now = time.time()
        return {
            "instance": self._instance(),
            "sequence": self._sequence.next(),
            "generated_at": now,
            "valid_until": now + _VALID_FOR_REPEATS * max(_PACE.repeat_seconds, interval),
            "external_url": self._config.notify.external_url,
            "source": source,
            "target": target,
            **asdict(state),
        }

    def _reserve(self, number: int) -> None:
        if self._state is None:
            return
        try:
            self._state.reserve_sequence(number)
        except StateFileError as failure:
            _log.error("%s", failure)

    def close(self) -> None:
        """Nobody is told any more."""
        for receiver in self._receivers:
            receiver.close()


def _name(url: str) -> str:
    """What a receiver is called: neither a password in front of the host nor a token behind it."""
    place = urlsplit(url)
    return place.netloc.rpartition("@")[2] or "webhook"


def _secret(webhook: WebhookConfig, at: int) -> Callable[[], str]:
    return lambda: read_secret(webhook.secret, path=f"notify.webhooks[{at}].secret")
