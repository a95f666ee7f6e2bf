"""The whole demo: two embedded brokers, records, a toy mirror, groups, and the faults to press."""

import threading
from dataclasses import dataclass

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
    """A fault: the word to press it by, and what it does."""

    name: str
    effect: str


FAULTS = (
    Fault("stall", "one topic is not mirrored any more (?topic=orders)"),
    Fault("stall-all", "nothing is mirrored any more"),
    Fault("slow", "the mirror copies only some records a second (?rate=60)"),
    Fault("lose", "one partition's records are deleted before they are mirrored (?topic=orders)"),
    Fault("stop-group", "a consumer group stops reading (?group=reporting)"),
    Fault("clear", "everything works again"),
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
        return presses[name]()

    def _stall(self, topic: str) -> str:
        self._mirror.stall(topic)
        return f"{topic} is not mirrored any more"

    def _stall_all(self) -> str:
        self._mirror.stall_all()
        return "nothing is mirrored any more"

    def _slow(self, rate: float) -> str:
        self._mirror.slow_down(rate)
        return f"the mirror copies {rate:g} records a second"

    def _stop_group(self, group: str) -> str:
        self._groups[group].is_stopped = True
        return f"group {group} has stopped reading"

    def _clear(self) -> str:
        self._mirror.clear()
        for group in self._groups.values():
            group.is_stopped = False
        return "everything works again"

    def _lose(self, topic: str) -> str:
        """Stalls the topic, floods one partition beyond what is kept, and goes on a little later."""
        self._mirror.stall(topic)
        self._workload.flood(topic, 0)
        going_on = threading.Timer(_LOSS_SHOWS_SECONDS, self._mirror.resume, [topic])
        going_on.daemon = True
        going_on.start()
        return f"records of {topic} partition 0 were deleted before they were mirrored"

    def state(self) -> str:
        """What is pressed now."""
        stopped = [name for name, group in self._groups.items() if group.is_stopped]
        stalled = self._mirror.stalled_topics
        return (
            f"stalled topics: {', '.join(stalled) or 'none'}; stopped groups: {', '.join(stopped) or 'none'}"
        )

    def close(self) -> None:
        """Ends everything, clients first."""
        self._workload.close()
        self._mirror.close()
        for group in self._groups.values():
            group.close()
        self._source.close()
        self._target.close()
