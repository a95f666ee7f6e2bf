"""Who is told directly: receivers by the configuration, fed with every change of a reading."""

from collections.abc import Callable, Mapping
from itertools import chain

from kafka_mirror_exporter.app.alert_posts import AlertPosts
from kafka_mirror_exporter.app.fallback_posts import FallbackPosts
from kafka_mirror_exporter.app.posts import Posts
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import Latest
from kafka_mirror_exporter.notify import OUTCOMES, Receiver
from kafka_mirror_exporter.poll.ledger import StateFile


class Notifications:
    """The receivers of the configuration in force; `instance` is what this exporter calls itself."""

    def __init__(
        self, config: Config, *, latest: Latest, state: StateFile | None, instance: Callable[[], str]
    ) -> None:
        self._config = config
        self._kinds: tuple[Posts, ...] = (
            FallbackPosts(config, latest=latest, state=state, instance=instance),
            AlertPosts(config, latest=latest),
        )
        self._receivers = self._start()

    def _start(self) -> dict[Posts, list[Receiver]]:
        started: dict[Posts, list[Receiver]] = {kind: [] for kind in self._kinds}
        names: set[str] = set()
        for kind, receivers in started.items():
            for name, post in kind.receivers():
                unique = name if name not in names else f"{name}#{len(names)}"
                names.add(unique)
                receivers.append(
                    Receiver(unique, post, describe=kind.describe, everything=kind.everything, pace=kind.pace)
                )
                receivers[-1].start()
        return started

    def reconfigure(self, config: Config) -> None:
        """Goes on with other receivers, who are told everything, if it is they who changed."""
        before, self._config = self._config, config
        for kind in self._kinds:
            kind.config = config
        if (config.notify, config.fallback.enabled) != (before.notify, before.fallback.enabled):
            self.close()
            for kind in self._kinds:
                kind.begin_anew()
            self._receivers = self._start()

    def counted(self, source: str, target: str) -> Mapping[tuple[str, str], int]:
        """What came of telling about a mirror, by receiver and outcome."""
        return {
            (receiver.name, outcome): receiver.count(source, target, outcome)
            for receiver in chain.from_iterable(self._receivers.values())
            for outcome in OUTCOMES
        }

    def offer(self, reading: MirrorReading) -> None:
        """Has every receiver told what changed since the last reading; waits for nobody."""
        for kind, receivers in self._receivers.items():
            changed = kind.changed(reading)
            for receiver in receivers if changed else ():
                receiver.offer(changed)

    def close(self) -> None:
        """Nobody is told any more."""
        for receiver in chain.from_iterable(self._receivers.values()):
            receiver.close()
