"""A Kafka Connect worker as a process, in which MirrorMaker's connectors run and are paused one by one."""

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rig.jars import classpath
from rig.kafka import logging_arguments, write_properties
from rig.process import JavaProcess, free_ports

_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"


class ConnectWorker:
    """One distributed worker; its own topics and its group are named after `name`."""

    def __init__(
        self,
        name: str,
        bootstrap: str,
        *,
        work_dir: Path,
        version: str = "3.2.0",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.offsets_topic = f"{name}-connect-offsets"
        work_dir.mkdir(parents=True)
        own = {
            "bootstrap.servers": bootstrap,
            "group.id": f"{name}-connect",
            "listeners": self.url,
            "key.converter": _BYTES,
            "value.converter": _BYTES,
            "offset.flush.interval.ms": "2000",
        }
        for kind in ("offset", "config", "status"):
            own[f"{kind}.storage.topic"] = f"{name}-connect-{kind}{'' if kind == 'status' else 's'}"
            own[f"{kind}.storage.replication.factor"] = "1"
        file = work_dir / "worker.properties"
        write_properties(file, own | dict(settings or {}))
        self.process = JavaProcess(
            f"Connect {version} {name}",
            [
                *logging_arguments(version, work_dir), "-cp", classpath(version),
                "org.apache.kafka.connect.cli.ConnectDistributed", str(file),
            ],
            log=work_dir / "log",
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether its interface can be used."""
        self.process.check_running()
        try:
            return self._ask("GET", "/connectors") == []
        except OSError:
            return False

    def run_connector(self, name: str, config: Mapping[str, str]) -> None:
        """Creates a connector."""
        self._ask("PUT", f"/connectors/{name}/config", config)

    def pause(self, connector: str) -> None:
        """Its tasks stop reading, and stay."""
        self._ask("PUT", f"/connectors/{connector}/pause")

    def is_paused(self, connector: str) -> bool:
        """Whether all its tasks have stopped."""
        tasks = self._ask("GET", f"/connectors/{connector}/status")["tasks"]
        return bool(tasks) and all(task["state"] == "PAUSED" for task in tasks)

    def resume(self, connector: str) -> None:
        """Its tasks go on."""
        self._ask("PUT", f"/connectors/{connector}/resume")

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None


def source_connector(
    source: str, target: str, topic: str, *, source_alias: str, target_alias: str, **settings: str
) -> dict[str, str]:
    """A connector that mirrors one topic; further settings with underscores for dots."""
    return {
        "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
        "source.cluster.alias": source_alias,
        "target.cluster.alias": target_alias,
        "source.cluster.bootstrap.servers": source,
        "target.cluster.bootstrap.servers": target,
        "topics": topic.replace(".", "\\."),
        "replication.factor": "1",
        "offset-syncs.topic.replication.factor": "1",
        "refresh.topics.interval.seconds": "5",
        "sync.topic.acls.enabled": "false",
        "tasks.max": "1",
    } | {name.replace("_", "."): value for name, value in settings.items()}
