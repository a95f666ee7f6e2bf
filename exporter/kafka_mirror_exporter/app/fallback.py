"""The fallback of all mirrors: every reading is given the states that follow from it, and they are kept."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from kafka_mirror_exporter.config import Config, MirrorConfig
from kafka_mirror_exporter.core.fallback import FallbackRules
from kafka_mirror_exporter.core.fallback_judge import FallbackJudge
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.poll.ledger import Ledger


class Fallbacks:
    """One judge for each mirror, kept over reloads; a mirror's readings come from one thread at a time."""

    def __init__(self, config: Config, *, ledger: Callable[[str, str], Ledger]) -> None:
        self._ledger = ledger
        self._judges: dict[MirrorName, FallbackJudge] = {}
        self._rulings = _rulings(config)

    def reconfigure(self, config: Config) -> None:
        """Goes on by other rules; what is engaged stays so."""
        self._rulings = _rulings(config)
        names = {(mirror.source.alias, mirror.target.alias) for mirror in config.mirrors}
        self._judges = {name: judge for name, judge in self._judges.copy().items() if name in names}

    def judged(self, reading: MirrorReading) -> MirrorReading:
        """The reading with its fallback; as it is where that is off."""
        name = (reading.source, reading.target)
        ruling = self._rulings.get(name)
        if ruling is None:
            return reading
        rules, selects = ruling
        ledger = self._ledger(*name)
        judge = self._judges.setdefault(name, FallbackJudge(ledger.fallback))
        fallback = judge.judge(reading, rules, selects=selects)
        ledger.keep_fallback(fallback.states)
        return replace(reading, fallback=fallback)


def _rulings(config: Config) -> Mapping[MirrorName, tuple[FallbackRules, Callable[[str], bool]]]:
    """What each mirror is judged by, and for which topics; none where the fallback is off."""
    if not config.fallback.enabled:
        return {}
    rules = config.fallback.rules(poll_interval=config.poll.interval)
    return {(m.source.alias, m.target.alias): (rules, _selection(m)) for m in config.mirrors}


def _selection(mirror: MirrorConfig) -> Callable[[str], bool]:
    """Whether the configuration wants a fallback for a topic."""
    topics, thresholds = mirror.topic_filter(), mirror.thresholds_in_force()
    return lambda topic: topics.selects(topic) and thresholds.of_topic(topic).fallback is not None
