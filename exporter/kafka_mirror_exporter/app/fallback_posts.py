"""What webhooks are told: the fallback of each topic, signed, and numbered so that it can be put in order."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from kafka_mirror_exporter.app.posts import Post, receiver_name, secret_reader
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.fallback_views import unit_fallback
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import StateFileError
from kafka_mirror_exporter.exposition import is_too_old
from kafka_mirror_exporter.latest import Latest
from kafka_mirror_exporter.notify import Key, Pace, Sequence, Webhook
from kafka_mirror_exporter.poll.ledger import StateFile

_log = logging.getLogger(__name__)

# A receiver may miss two of the posts that come every half a minute before what it knows expires.
_VALID_FOR_REPEATS = 3

_Told = tuple[bool | None, bool]


class FallbackPosts:
    """Says what of the fallback has changed, and what holds now."""

    pace = Pace()

    def __init__(
        self, config: Config, *, latest: Latest, state: StateFile | None, instance: Callable[[], str]
    ) -> None:
        self.config = config
        self._latest = latest
        self._instance = instance
        self._state = state
        self._sequence = Sequence(
            kept=state.sequence if state is not None else 0, wall=time.time(), reserve=self._reserve
        )
        self._told: dict[Key, _Told] = {}

    def begin_anew(self) -> None:
        """Has everything told to receivers who are new."""
        self._told = {}

    def receivers(self) -> Iterator[tuple[str, Post]]:
        """The name of each webhook, and how it is told; none where the fallback is off."""
        for at, webhook in enumerate(self.config.notify.webhooks if self.config.fallback.enabled else ()):
            post = Webhook(
                webhook.url,
                headers=webhook.headers,
                secret=secret_reader(webhook.secret, f"notify.webhooks[{at}].secret"),
            ).post
            yield receiver_name(webhook.url), post

    def changed(self, reading: MirrorReading) -> list[Key]:
        """What changed since the last reading."""
        if reading.fallback is None:
            return []
        now: dict[Key, _Told] = {
            (reading.source, reading.target, unit): (state.engaged, bool(state.blind))
            for unit, state in reading.fallback.states.items()
        }
        changed = [key for key, told in now.items() if self._told.get(key) != told]
        self._told |= now
        return changed

    def everything(self) -> list[Key]:
        """All that there is to tell."""
        return [
            (source, target, unit)
            for (source, target), reading in self._latest.all().items()
            if reading.fallback is not None
            for unit in reading.fallback.states
        ]

    def describe(self, key: Key) -> Mapping[str, object] | None:
        """The body of a post: what holds now, by the last reading and its age."""
        source, target, unit = key
        reading = self._latest.get(source, target)
        if reading is None:
            return None
        interval = self.config.poll.interval
        is_stale = is_too_old(reading, now_monotonic=time.monotonic(), poll_interval=interval)
        state = unit_fallback(reading, unit, is_stale=is_stale)
        if state is None:
            return None
        now = time.time()
        return {
            "instance": self._instance(),
            "sequence": self._sequence.next(),
            "generated_at": now,
            "valid_until": now + _VALID_FOR_REPEATS * max(self.pace.repeat_seconds, interval),
            "external_url": self.config.notify.external_url,
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
