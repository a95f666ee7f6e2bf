"""The demo on real clusters: Kafka 3.2 and 4.1, MirrorMaker 2, records, groups, and the faults that can be pressed.

MirrorMaker runs as one connector for each topic in a Connect worker, so that one topic can stop alone. What it
sends passes a proxy whose delay slows it down: its producers send one record of a partition at a time and
wait for the answer.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kafka_mirror_exporter.demo.brokers import PARTITIONS
from kafka_mirror_exporter.demo.groups import DemoGroup
from kafka_mirror_exporter.demo.stand import (
    FAULTS,
    SOURCE_ALIAS,
    SOURCE_GROUPS,
    TARGET_ALIAS,
    TARGET_GROUPS,
    UnknownFault,
)
from kafka_mirror_exporter.demo.workload import BUSY_TOPICS, TOPICS, Workload

from rig.connect import ConnectWorker, source_connector
from rig.process import wait_until
from rig.stage import Stage

_KEPT = 10
_ONE_AT_A_TIME = {"producer.batch.size": "0", "producer.max.in.flight.requests.per.connection": "1"}


class RealStand:
    """Starts with its making, which takes half a minute; `close` ends everything."""

    def __init__(self, *, rate: float) -> None:
        self._closing = ExitStack()
        self._stalled: set[str] = set()
        self._rate: float | None = None
        try:
            self._start(rate)
        except BaseException:
            self._closing.close()
            raise

    def _start(self, rate: float) -> None:
        folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        self._stage = self._closing.enter_context(Stage(folder, proxies=1))
        self.source, self.target = self._stage.source.bootstrap_servers, self._stage.target.bootstrap_servers
        for topic in TOPICS:
            self._stage.source_admin.create_topic(topic, partitions=PARTITIONS)
        self._workload = Workload(self.source, rate=rate)
        self._closing.callback(self._workload.close)
        self._workload.start()
        self._start_mirror(folder)
        remote = [f"{SOURCE_ALIAS}.{topic}" for topic in BUSY_TOPICS]
        self._groups = {name: DemoGroup(self.source, name, BUSY_TOPICS) for name in SOURCE_GROUPS}
        self._groups |= {name: DemoGroup(self.target, name, remote) for name in TARGET_GROUPS}
        for group in self._groups.values():
            self._closing.callback(group.close)
            group.start()

    def _start_mirror(self, folder: Path) -> None:
        self._proxy = self._stage.proxy("target")
        self._worker = ConnectWorker(
            "demo", f"127.0.0.1:{self._proxy.port}", work_dir=folder / "connect", settings=_ONE_AT_A_TIME
        )
        self._closing.callback(self._worker.process.kill)
        self._worker.process.start()
        wait_until(self._worker.answers, seconds=90, what="Connect answers")
        for topic in TOPICS:
            config = source_connector(
                self.source, self.target, topic, source_alias=SOURCE_ALIAS, target_alias=TARGET_ALIAS
            )
            self._worker.run_connector(_connector(topic), config)
        wait_until(
            lambda: all(self._stage.target_end(f"{SOURCE_ALIAS}.{topic}") > 0 for topic in BUSY_TOPICS),
            seconds=120,
            what="MirrorMaker mirrors",
        )

    @property
    def mirror_settings(self) -> dict[str, Any]:
        """What the exporter is told of the mirror."""
        offsets = {"side": "target", "topic": self._worker.offsets_topic}
        return {"mirrormaker2": {"connect_urls": [self._worker.url], "connect_offsets": offsets}}

    def press(self, name: str, *, topic: str = "orders", group: str = "reporting", rate: float = 60.0) -> str:
        """Presses a fault; a sentence about what happens now."""
        if topic not in TOPICS or group not in self._groups or rate <= 0:
            raise UnknownFault(
                f"topics are {', '.join(TOPICS)}; groups are {', '.join(self._groups)}; a rate is above 0"
            )
        presses = {
            "stall": lambda: self._stall(topic),
            "stall-all": lambda: self._stall(*TOPICS),
            "slow": lambda: self._slow(rate),
            "lose": lambda: self._lose(topic),
            "stop-group": lambda: self._stop_group(group),
            "clear": self._clear,
        }
        if name not in presses:
            raise UnknownFault(f"there is no fault {name!r}; faults are {', '.join(f.name for f in FAULTS)}")
        return presses[name]()

    def _stall(self, *topics: str) -> str:
        for topic in topics:
            self._worker.pause(_connector(topic))
        self._stalled |= set(topics)
        return f"{', '.join(topics)} {'is' if len(topics) == 1 else 'are'} not mirrored any more"

    def _slow(self, rate: float) -> str:
        # Each busy topic's task waits for the answer to one record of each of its partitions.
        self._rate = rate
        self._proxy.delay(len(BUSY_TOPICS) * PARTITIONS / rate)
        return f"the mirror copies about {rate:g} records a second"

    def _lose(self, topic: str) -> str:
        """Stops the topic, lets it grow, and deletes what it has grown by."""
        admin = self._stage.source_admin
        self._stall(topic)
        wait_until(
            lambda: self._worker.is_paused(_connector(topic)), seconds=10, what="the connector is paused"
        )
        stopped_at = admin.end(topic)
        wait_until(lambda: admin.end(topic) > stopped_at + 2 * _KEPT, seconds=60, what="the topic grows")
        admin.delete_records(topic, 0, before=admin.end(topic) - _KEPT)
        return f"records of {topic} partition 0 were deleted before they were mirrored; clear lets it go on"

    def _stop_group(self, group: str) -> str:
        self._groups[group].is_stopped = True
        return f"group {group} has stopped reading"

    def _clear(self) -> str:
        self._proxy.restore()
        for topic in self._stalled:
            self._worker.resume(_connector(topic))
        for group in self._groups.values():
            group.is_stopped = False
        self._stalled, self._rate = set(), None
        return "everything works again"

    def state(self) -> str:
        """What is pressed now."""
        stopped = [name for name, group in self._groups.items() if group.is_stopped]
        return (
            f"stalled topics: {', '.join(sorted(self._stalled)) or 'none'}; "
            f"records a second: {'all' if self._rate is None else f'about {self._rate:g}'}; "
            f"stopped groups: {', '.join(stopped) or 'none'}"
        )

    def close(self) -> None:
        """Ends everything."""
        self._closing.close()


def _connector(topic: str) -> str:
    return f"mirror-{topic}"
