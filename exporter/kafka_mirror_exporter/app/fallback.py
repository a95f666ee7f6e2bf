"""The fallback of all mirrors: every reading is given the states that follow from it, and they are kept."""

from collections.abc import Callable
from dataclasses import replace

from kafka_mirror_exporter.config import Config, MirrorConfig
from kafka_mirror_exporter.core.fallback_judge import FallbackJudge
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.poll.ledger import Ledger


class Fallbacks:
    """One judge for each mirror, kept over reloads; a mirror's readings come from one thread at a time."""

    def __init__(self, config: Config, *, ledger: Callable[[str, str], Ledger]) -> None:
        self._config = config
        self._ledger = ledger
        self._judges: dict[MirrorName, FallbackJudge] = {}

    def reconfigure(self, config: Config) -> None:
        """Goes on by other rules; what is engaged stays so."""
        self._config = config
        names = {(mirror.source.alias, mirror.target.alias) for mirror in config.mirrors}
        self._judges = {name: judge for name, judge in self._judges.copy().items() if name in names}

    def judged(self, reading: MirrorReading) -> MirrorReading:
        """The reading with its fallback; as it is where that is off."""
        config, name = self._config, (reading.source, reading.target)
        mirror = next((m for m in config.mirrors if (m.source.alias, m.target.alias) == name), None)
        if mirror is None or not config.fallback.enabled:
            return reading
        ledger = self._ledger(*name)
        judge = self._judges.setdefault(name, FallbackJudge(ledger.fallback))
        fallback = judge.judge(
            reading,
            config.fallback.rules(poll_interval=config.poll.interval),
            selects=_selection(mirror),
        )
        ledger.keep_fallback(fallback.states)
        return replace(reading, fallback=fallback)


def _selection(mirror: MirrorConfig) -> Callable[[str], bool]:
    """Whether the configuration wants a fallback for a topic."""
    topics, thresholds = mirror.topic_filter(), mirror.thresholds_in_force()
    return lambda topic: topics.selects(topic) and thresholds.of_topic(topic).fallback is not None
