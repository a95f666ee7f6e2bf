"""The whole demo: two embedded brokers, records, a toy mirror, groups, and the faults to press."""

import threading
from dataclasses import dataclass
from typing import Any

from kafka_mirror_exporter.demo.brokers import EmbeddedBroker
from kafka_mirror_exporter.demo.groups import DemoGroup
from kafka_mirror_exporter.demo.mirror import ToyMirror
from kafka_mirror_exporter.demo.workload import BUSY_TOPICS, TOPICS, Workload
from kafka_mirror_exporter.errors import KafkaMirrorExporterError

SOURCE_ALIAS, TARGET_ALIAS = "legacy", "modern"
SOURCE_GROUPS, TARGET_GROUPS = ("billing", "shipping"), ("reporting",)
_LOSS_SHOWS_SECONDS = 12.0


class UnknownFault(KafkaMirrorExporterError):
    """A fault that does not exist, or of something that does not."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its key on a terminal, the word to press it by and an example, and what it does."""

    key: str
    name: str
    path: str
    effect: str


FAULTS = (
    Fault("s", "stall", "stall?topic=orders", "one topic stands still"),
    Fault("a", "stall-all", "stall-all", "everything stands still"),
    Fault("d", "slow", "slow?rate=60", "the mirror cannot keep up"),
    Fault("l", "lose", "lose?topic=orders", "records are deleted before they were mirrored"),
    Fault("g", "stop-group", "stop-group?group=reporting", "a group on the target stops reading"),
    Fault("c", "clear", "clear", "all is well again"),
)


class Stand:
    """Starts with its making; `close` ends everything."""

    def __init__(self, *, rate: float = 200.0, writes_offset_syncs: bool = True) -> None:
        self._source, self._target = EmbeddedBroker(), EmbeddedBroker()
        self.source, self.target = self._source.bootstrap_servers, self._target.bootstrap_servers
        self._workload = Workload(self.source, rate=rate)
        self._mirror = ToyMirror(
            self.source,
            self.target,
            topics=TOPICS,
            source_alias=SOURCE_ALIAS,
            target_alias=TARGET_ALIAS,
            writes_offset_syncs=writes_offset_syncs,
        )
        remote = [f"{SOURCE_ALIAS}.{topic}" for topic in BUSY_TOPICS]
        self._groups = {group: DemoGroup(self.source, group, BUSY_TOPICS) for group in SOURCE_GROUPS}
        self._groups |= {group: DemoGroup(self.target, group, remote) for group in TARGET_GROUPS}
        self.mirror_settings: dict[str, Any] = {}
        self._pressing = threading.Lock()
        self._going_on: dict[str, threading.Timer] = {}
        self._workload.start()
        self._mirror.start()
        for group in self._groups.values():
            group.start()

    def press(self, name: str, *, topic: str = "orders", group: str = "reporting", rate: float = 60.0) -> str:
        """Presses a fault; a sentence about what happens now."""
        if topic not in TOPICS:
            raise UnknownFault(f"there is no topic {topic!r}; topics are {', '.join(TOPICS)}")
        if group not in self._groups:
            raise UnknownFault(f"there is no group {group!r}; groups are {', '.join(self._groups)}")
        if not rate > 0:
            raise UnknownFault("the rate must be above 0")
        presses = {
            "stall": lambda: self._stall(topic),
            "stall-all": self._stall_all,
            "slow": lambda: self._slow(rate),
            "lose": lambda: self._lose(topic),
            "stop-group": lambda: self._stop_group(group),
            "clear": self._clear,
        }
        if name not in presses:
            raise UnknownFault(f"there is no fault {name!r}; faults are {', '.join(presses)}")
        with self._pressing:
            return presses[name]()

    def _stall(self, topic: str) -> str:
        self._stay_as_pressed(topic)
        self._mirror.stall(topic)
        return f"{topic} is not mirrored any more"

    def _stall_all(self) -> str:
        self._stay_as_pressed(*TOPICS)
        self._mirror.stall_all()
        return "nothing is mirrored any more"

    def _slow(self, rate: float) -> str:
        self._mirror.slow_down(rate)
        return f"the mirror copies {rate:g} records a second"

    def _stop_group(self, group: str) -> str:
        self._groups[group].is_stopped = True
        return f"group {group} has stopped reading"

    def _clear(self) -> str:
        self._stay_as_pressed(*TOPICS)
        self._mirror.clear()
        for group in self._groups.values():
            group.is_stopped = False
        return "everything works again"

    def _lose(self, topic: str) -> str:
        """Stalls the topic, floods one partition beyond what is kept, and goes on a little later."""
        was_stalled = topic in self._mirror.stalled_topics and topic not in self._going_on
        self._stay_as_pressed(topic)
        self._mirror.stall(topic)
        self._workload.flood(topic, 0)
        said = f"records of {topic} partition 0 were deleted before they were mirrored"
        if was_stalled:
            return f"{said}; {topic} stays stalled"
        self._going_on[topic] = threading.Timer(_LOSS_SHOWS_SECONDS, self._go_on, [topic])
        self._going_on[topic].start()
        return f"{said}; the mirror goes on in {_LOSS_SHOWS_SECONDS:.0f} s"

    def _go_on(self, topic: str) -> None:
        with self._pressing:
            if self._going_on.get(topic) is threading.current_thread():
                del self._going_on[topic]
                self._mirror.resume(topic)

    def _stay_as_pressed(self, *topics: str) -> None:
        """Calls off the end of a loss: what was pressed after it stays."""
        for topic in topics:
            if topic in self._going_on:
                self._going_on.pop(topic).cancel()

    def state(self) -> str:
        """What is pressed now."""
        stopped = [name for name, group in self._groups.items() if group.is_stopped]
        stalled, rate = self._mirror.stalled_topics, self._mirror.records_per_second
        return (
            f"stalled topics: {', '.join(stalled) or 'none'}; "
            f"records a second: {'all' if rate is None else f'{rate:g}'}; "
            f"stopped groups: {', '.join(stopped) or 'none'}"
        )

    def close(self) -> None:
        """Ends everything, clients first."""
        with self._pressing:
            self._stay_as_pressed(*TOPICS)
        self._workload.close()
        self._mirror.close()
        for group in self._groups.values():
            group.close()
        self._source.close()
        self._target.close()
