"""What the exporter must remember of earlier readings to say what a rule asks a range of samples for."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kafka_mirror_exporter.core.alerting.alert import Condition
from kafka_mirror_exporter.core.breaches import Suspicion
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading

_HOUR = 3_600.0
_SNAPSHOT_SECONDS = 300.0
_MINUTE = 60.0


@dataclass(slots=True)
class LogStarts:
    """Where the source's logs began an hour ago, to within a few minutes."""

    _snapshots: deque[tuple[float, Mapping[TopicPartition, int]]] = field(default_factory=deque)

    def note(self, reading: MirrorReading) -> None:
        """Keeps what is needed of a reading."""
        now, columns = reading.measured_monotonic, reading.partitions
        if not self._snapshots or now - self._snapshots[-1][0] >= _SNAPSHOT_SECONDS:
            self._snapshots.append((now, dict(zip(columns.index, columns.source_log_start, strict=True))))
        while len(self._snapshots) > 1 and now - self._snapshots[1][0] >= _HOUR:
            self._snapshots.popleft()

    def an_hour_before(self, tp: TopicPartition, *, now: float) -> int | None:
        """None while it is not known."""
        at, starts = self._snapshots[0]
        return starts.get(tp) if now - at >= _HOUR else None


@dataclass(slots=True)
class StandingStill:
    """Since when the position of each partition that was asked for has been the same."""

    _stood: dict[TopicPartition, tuple[int, float]] = field(default_factory=dict)
    _asked: set[TopicPartition] = field(default_factory=set)

    def begin(self) -> None:
        """Starts a reading, and forgets whom the last one did not ask for."""
        self._stood = {tp: stood for tp, stood in self._stood.items() if tp in self._asked}
        self._asked = set()

    def seconds(self, tp: TopicPartition, position: int, *, now: float) -> float:
        """For how long, as far as was seen."""
        stood_at, since = self._stood.get(tp, (position, now))
        if stood_at != position:
            since = now
        self._stood[tp] = (position, since)
        self._asked.add(tp)
        return now - since


@dataclass(slots=True)
class Resets:
    """When a reset of each topic was last counted."""

    _counted: dict[str, int] = field(default_factory=dict)
    _at: dict[str, float] = field(default_factory=dict)

    def seconds_since(self, topic: str, counted: int, *, now: float) -> float | None:
        """None if there was none in the last hour."""
        if counted > self._counted.get(topic, counted):
            self._at[topic] = now
        self._counted[topic] = counted
        since = now - self._at.get(topic, float("-inf"))
        return since if since < _HOUR else None


@dataclass(slots=True)
class Posts:
    """Counts of posts, a minute back: a receiver fails that refused some and accepted none."""

    _samples: deque[tuple[float, Mapping[tuple[str, str], int]]] = field(default_factory=deque)

    def failing(self, counts: Mapping[tuple[str, str], int], *, now: float) -> Iterable[str]:
        """Who has accepted nothing for a minute, though told."""
        self._samples.append((now, dict(counts)))
        while len(self._samples) > 1 and now - self._samples[1][0] >= _MINUTE:
            self._samples.popleft()
        before = self._samples[0][1]
        grown = {key: count - before.get(key, count) for key, count in counts.items()}
        return [
            receiver
            for (receiver, outcome), more in grown.items()
            if outcome == "failed" and more > 0 and not grown.get((receiver, "delivered"))
        ]


@dataclass(slots=True)
class AlertMemory:
    """All of it, for one mirror."""

    late: Suspicion = field(default_factory=Suspicion)
    needed: Suspicion = field(default_factory=Suspicion)
    standing: StandingStill = field(default_factory=StandingStill)
    starts: LogStarts = field(default_factory=LogStarts)
    resets: Resets = field(default_factory=Resets)
    posts: Posts = field(default_factory=Posts)
    group_commits: dict[tuple[str, str, TopicPartition], int] = field(default_factory=dict)
    of_groups: tuple[Condition, ...] = ()

    def begin(self, reading: MirrorReading) -> None:
        """Starts a reading."""
        self.late.begin(is_poll=reading.renewed is None)
        self.needed.begin(is_poll=reading.renewed is None)
        self.standing.begin()
        self.starts.note(reading)
