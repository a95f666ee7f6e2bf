"""What the status page is made of, kept up to date by the readings, and told to every page that is open."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from kafka_mirror_exporter.core.events import Event
from kafka_mirror_exporter.core.judgement import GroupJudgement, MirrorJudgement, judge, judge_groups
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.web.json_form import Json, json_form
from kafka_mirror_exporter.web.site import Site
from kafka_mirror_exporter.web.status.frames import EMPTY, Frame, changes, frame_of, whole
from kafka_mirror_exporter.web.status.heads import Head, head_of
from kafka_mirror_exporter.web.status.sentences import event_line
from kafka_mirror_exporter.web.status.story import Story

Listener = Callable[[bytes], None]


@dataclass(slots=True)
class _Mirror:
    """One mirror: its story always, and its groups and frame only while somebody looks."""

    story: Story = field(default_factory=Story)
    groups: tuple[GroupJudgement, ...] = ()
    frame: Frame = EMPTY


class Board:
    """Follows the readings in the threads of the workers; a lock makes each step whole.

    While nobody looks, a poll costs a pass over the partitions; groups and differences wait for a reader.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock, self._listening = Lock(), Lock()
        self._mirrors: dict[MirrorName, _Mirror] = {}
        self._listeners: tuple[Listener, ...] = ()
        site.latest.follow(self.take)

    def take(self, reading: MirrorReading) -> None:
        """The next reading of a mirror."""
        judged = judge(reading)
        with self._lock:
            name = (reading.source, reading.target)
            mirror = self._mirrors.setdefault(name, _Mirror())
            told = mirror.story.told
            mirror.story.go_on(judged)
            if self._listeners:
                self._tell(self._update(name, mirror, since=told))

    def _tell(self, message: bytes) -> None:
        for listener in self._listeners:
            listener(message)

    def _update(self, name: MirrorName, mirror: _Mirror, *, since: int) -> bytes:
        before = mirror.frame
        self._look(mirror)
        changed = changes(before, mirror.frame)
        if changed is None:
            return _message("mirror", self._whole(name, mirror))
        body = {
            "head": json_form(self._head(name, mirror)),
            "point": mirror.story.points[-1],
            "events": _events(mirror.story.events(since=since)),
            **changed,
        }
        return _message("change", body)

    def _look(self, mirror: _Mirror) -> None:
        judged = mirror.story.last
        if judged is not None:
            mirror.groups = judge_groups(judged.reading)
            mirror.frame = frame_of(judged, mirror.groups)

    def _head(self, name: MirrorName, mirror: _Mirror) -> Head:
        return head_of(self._site, name, mirror.story.last, mirror.groups)

    def _whole(self, name: MirrorName, mirror: _Mirror) -> Json:
        return {
            "head": json_form(self._head(name, mirror)),
            "points": mirror.story.points,
            "events": _events(mirror.story.events()),
            **whole(mirror.frame),
        }

    def listen(self, listener: Listener) -> None:
        """Gives a listener every mirror whole, and from then on what changes."""
        with self._lock:
            messages = []
            for name in self._names():
                mirror = self._mirrors[name]
                self._look(mirror)
                messages.append(_message("mirror", self._whole(name, mirror)))
            listener(b"".join(messages))
            with self._listening:
                self._listeners = (*self._listeners, listener)

    def leave(self, listener: Listener) -> None:
        """Tells a listener no more; waits for no reading that is being worked on."""
        with self._listening:
            self._listeners = tuple(other for other in self._listeners if other != listener)

    def pulse(self) -> bytes:
        """The heads as they are now, for ages and verdicts change without a reading."""
        with self._lock:
            heads = [self._head(name, self._mirrors[name]) for name in self._names()]
        return _message("pulse", {"heads": json_form(heads)})

    def _names(self) -> list[MirrorName]:
        """The configured mirrors; others are forgotten."""
        names = list(self._site.mirrors())
        self._mirrors = {name: self._mirrors.get(name) or _Mirror() for name in names}
        return names

    def looks(self) -> list[tuple[Head, MirrorJudgement | None, tuple[GroupJudgement, ...]]]:
        """All mirrors as they are now, for a page without a script."""
        with self._lock:
            mirrors = [(name, self._mirrors[name]) for name in self._names()]
            for _, mirror in mirrors:
                self._look(mirror)
            return [(self._head(name, m), m.story.last, m.groups) for name, m in mirrors]

    def events(self, source: str, target: str) -> list[Json]:
        """The last events of a mirror, newest first."""
        with self._lock:
            mirror = self._mirrors.get((source, target))
            return [] if mirror is None else _events(mirror.story.events())[::-1]


def _events(events: Sequence[Event]) -> list[Json]:
    lines = [(event.at, *event_line(event)) for event in events]
    return [{"at": at, "tone": tone, "text": text} for at, tone, text in lines]


def _message(kind: str, body: Json) -> bytes:
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)
    return f"event: {kind}\ndata: {text}\n\n".encode()
