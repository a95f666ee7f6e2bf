"""The alerts of all mirrors: every reading is given those that fire by it, where somebody is told of them."""

from dataclasses import replace

from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.alerting.judge import AlertJudge
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import MirrorName


class Alerts:
    """One judge for each mirror, kept over reloads; a mirror's readings come from one thread at a time."""

    def __init__(self, config: Config) -> None:
        self._judges: dict[MirrorName, AlertJudge] = {}
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Goes on by other rules; what fires goes on as long as it holds."""
        self._is_wanted = bool(config.notify.alertmanagers)
        self._rules = config.notify.alert_rules(poll_interval=config.poll.interval)
        names = {(mirror.source.alias, mirror.target.alias) for mirror in config.mirrors}
        self._judges = {name: judge for name, judge in self._judges.copy().items() if name in names}

    def judged(self, reading: MirrorReading) -> MirrorReading:
        """The reading with its alerts; as it is where nobody would be told."""
        if not self._is_wanted:
            return reading
        judge = self._judges.setdefault((reading.source, reading.target), AlertJudge())
        return replace(reading, alerts=judge.judge(reading, self._rules))
