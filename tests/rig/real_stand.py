"""The demo on real clusters: Kafka 3.2 and 4.1, MirrorMaker 2, records, groups, and the faults that can be pressed."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from kafka_mirror_exporter.demo.groups import DemoGroup
from kafka_mirror_exporter.demo.stand import (
    SOURCE_ALIAS,
    SOURCE_GROUPS,
    TARGET_ALIAS,
    TARGET_GROUPS,
    UnknownFault,
)
from kafka_mirror_exporter.demo.workload import BUSY_TOPICS, TOPICS, Workload

from rig.mirrormaker import MirrorMaker
from rig.process import wait_until
from rig.stage import Stage

_KEPT = 100


class RealStand:
    """Starts with its making, which takes half a minute; `close` ends everything."""

    def __init__(self, *, rate: float) -> None:
        self._closing = ExitStack()
        try:
            self._start(rate)
        except BaseException:
            self._closing.close()
            raise

    def _start(self, rate: float) -> None:
        folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        self._stage = self._closing.enter_context(Stage(folder))
        self.source, self.target = self._stage.source.bootstrap_servers, self._stage.target.bootstrap_servers
        for topic in TOPICS:
            self._stage.source_admin.create_topic(topic, partitions=4)
        workload = Workload(self.source, rate=rate)
        self._closing.callback(workload.close)
        workload.start()
        self._maker = MirrorMaker(
            work_dir=folder / "mm2",
            source_bootstrap=self.source,
            target_bootstrap=self.target,
            source_alias=SOURCE_ALIAS,
            target_alias=TARGET_ALIAS,
            topics="|".join(topic.replace(".", r"\.") for topic in TOPICS),
            groups="|".join(SOURCE_GROUPS),
            flush_ms=60_000,
        )
        self._closing.callback(self._maker.process.kill)
        self._maker.process.start()
        remote = [f"{SOURCE_ALIAS}.{topic}" for topic in BUSY_TOPICS]
        wait_until(
            lambda: all(self._stage.target_end(topic) > 0 for topic in remote),
            seconds=120,
            what="MirrorMaker mirrors",
        )
        self._groups = {name: DemoGroup(self.source, name, BUSY_TOPICS) for name in SOURCE_GROUPS}
        self._groups |= {name: DemoGroup(self.target, name, remote) for name in TARGET_GROUPS}
        for group in self._groups.values():
            self._closing.callback(group.close)
            group.start()
        self._is_paused = False

    def press(self, name: str, *, topic: str = "orders", group: str = "reporting", rate: float = 0.0) -> str:
        """Presses a fault; a sentence about what happens now."""
        del rate
        if topic not in TOPICS or group not in self._groups:
            raise UnknownFault(f"topics are {', '.join(TOPICS)}; groups are {', '.join(self._groups)}")
        if name == "stall-all":
            self._pause()
            return "MirrorMaker is paused: nothing is mirrored any more"
        if name == "lose":
            self._pause()
            end = self._stage.source_admin.end(topic)
            self._stage.source_admin.delete_records(topic, 0, before=max(0, end - _KEPT // 10))
            return (
                f"MirrorMaker is paused and records of {topic} partition 0 are deleted; clear lets it go on"
            )
        if name == "stop-group":
            self._groups[group].is_stopped = True
            return f"group {group} has stopped reading"
        if name == "clear":
            self._maker.process.resume()
            self._is_paused = False
            for each in self._groups.values():
                each.is_stopped = False
            return "everything works again"
        raise UnknownFault(
            f"{name!r} cannot be pressed on a real mirror: stall-all, lose, stop-group and clear can"
        )

    def _pause(self) -> None:
        self._maker.process.pause()
        self._is_paused = True

    def state(self) -> str:
        """What is pressed now."""
        stopped = [name for name, group in self._groups.items() if group.is_stopped]
        return f"MirrorMaker is {'paused' if self._is_paused else 'running'}; stopped groups: {', '.join(stopped) or 'none'}"

    def close(self) -> None:
        """Ends everything."""
        self._maker.process.resume()
        self._closing.close()
