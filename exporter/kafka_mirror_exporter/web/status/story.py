"""What happened to a mirror lately: its worst drift of fifteen minutes and its last events, in memory."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from kafka_mirror_exporter.core.events import Event, events_between
from kafka_mirror_exporter.core.judgement import MirrorJudgement

CURVE_SECONDS = 900.0
_MOST_POINTS, _MOST_EVENTS = 2000, 60

Point = tuple[float, float | None]


class Story:
    """Of one mirror; a point a poll, by our own clock, None where nothing was measured."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque(maxlen=_MOST_POINTS)
        self._events: deque[Event] = deque(maxlen=_MOST_EVENTS)
        self._told = 0
        self.last: MirrorJudgement | None = None

    def go_on(self, judged: MirrorJudgement) -> None:
        """Takes in the next reading."""
        now = judged.reading.measured_monotonic
        drift = judged.drift_seconds
        self._points.append((round(now, 1), None if drift is None else round(drift, 2)))
        while self._points[0][0] < now - CURVE_SECONDS:
            self._points.popleft()
        happened = events_between(self.last, judged)
        self._told += len(happened)
        self._events.extend(happened)
        self.last = judged

    @property
    def points(self) -> Sequence[Point]:
        """The worst drift, oldest first."""
        return list(self._points)

    @property
    def told(self) -> int:
        """How many events there were in all."""
        return self._told

    def events(self, *, since: int = 0) -> Sequence[Event]:
        """The last events, oldest first, without the first `since` of all."""
        kept = len(self._events)
        return list(islice(self._events, max(0, kept - (self._told - since)), None))
