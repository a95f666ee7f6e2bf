"""MirrorMaker 2 as a process; every scenario has one of its own, with aliases of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rig.jars import classpath
from rig.kafka import logging_arguments, write_properties
from rig.process import JavaProcess, free_ports

# How often MirrorMaker 1 commits: its positions are late by as much.
COMMIT_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class MirrorMaker:
    """What is mirrored and how; `process` pauses, resumes, kills and starts it."""

    work_dir: Path
    source_bootstrap: str
    target_bootstrap: str
    source_alias: str
    target_alias: str
    topics: str
    groups: str = "g-.*"
    version: str = "3.2.0"
    flush_ms: int = 2_000
    is_exactly_once: bool = False
    is_identity: bool = False
    syncs_on_target: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    process: JavaProcess = field(init=False)

    def __post_init__(self) -> None:
        self.work_dir.mkdir(parents=True, exist_ok=True)
        file = self.work_dir / "mm2.properties"
        write_properties(file, self._settings())
        self.process = JavaProcess(
            f"MirrorMaker {self.version} {self.source_alias}->{self.target_alias}",
            [
                *logging_arguments(self.version, self.work_dir), "-cp", classpath(self.version),
                "org.apache.kafka.connect.mirror.MirrorMaker", str(file),
            ],
            log=self.work_dir / "log",
            heap="256m" if self.version.startswith("3.") else "512m",
        )  # fmt: skip

    def _settings(self) -> dict[str, str]:
        source, target = self.source_alias, self.target_alias
        flow = f"{source}->{target}"
        settings = {
            "clusters": f"{source}, {target}",
            f"{source}.bootstrap.servers": self.source_bootstrap,
            f"{target}.bootstrap.servers": self.target_bootstrap,
            f"{flow}.enabled": "true",
            f"{target}->{source}.enabled": "false",
            "topics": self.topics,
            "groups": self.groups,
            "tasks.max": "2",
            "replication.factor": "1",
            "checkpoints.topic.replication.factor": "1",
            "heartbeats.topic.replication.factor": "1",
            "offset-syncs.topic.replication.factor": "1",
            "offset.storage.replication.factor": "1",
            "status.storage.replication.factor": "1",
            "config.storage.replication.factor": "1",
            "offset-syncs.topic.location": "target" if self.syncs_on_target else "source",
            "refresh.topics.interval.seconds": "5",
            "refresh.groups.interval.seconds": "5",
            "emit.checkpoints.interval.seconds": "2",
            "sync.group.offsets.enabled": "true",
            "sync.group.offsets.interval.seconds": "2",
            "emit.heartbeats.interval.seconds": "1",
            "sync.topic.configs.interval.seconds": "30",
            "sync.topic.acls.enabled": "false",
            f"{source}.consumer.metadata.max.age.ms": "5000",
        }
        for prefix in ("", f"{source}.", f"{target}."):
            settings[f"{prefix}offset.flush.interval.ms"] = str(self.flush_ms)
        if self.is_identity:
            settings["replication.policy.class"] = "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"
        if self.is_exactly_once:
            settings |= {
                f"{target}.exactly.once.source.support": "enabled",
                "dedicated.mode.enable.internal.rest": "true",
                "listeners": f"http://127.0.0.1:{free_ports(1)[0]}",
                f"{source}.consumer.isolation.level": "read_committed",
            }
        return settings | dict(self.overrides)


class MirrorMaker1:
    """The first MirrorMaker: a consumer group on the source that copies topics under their own names."""

    def __init__(
        self, *, work_dir: Path, source_bootstrap: str, target_bootstrap: str, group: str, topics: str
    ) -> None:
        work_dir.mkdir(parents=True)
        consumer, producer = work_dir / "consumer.properties", work_dir / "producer.properties"
        write_properties(
            consumer,
            {"bootstrap.servers": source_bootstrap, "group.id": group, "auto.offset.reset": "earliest"},
        )
        write_properties(producer, {"bootstrap.servers": target_bootstrap, "acks": "all"})
        self.process = JavaProcess(
            f"MirrorMaker 1 {group}",
            [
                *logging_arguments("3.2.0", work_dir), "-cp", classpath("3.2.0"), "kafka.tools.MirrorMaker",
                "--consumer.config", str(consumer), "--producer.config", str(producer),
                "--include", topics, "--offset.commit.interval.ms", str(int(COMMIT_SECONDS * 1000)),
            ],
            log=work_dir / "log",
        )  # fmt: skip
