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

    def __init__(self, name: str, bootstrap: str, *, work_dir: Path, version: str = "3.2.0") -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.offsets_topic = f"{name}-connect-offsets"
        work_dir.mkdir(parents=True)
        settings = {
            "bootstrap.servers": bootstrap,
            "group.id": f"{name}-connect",
            "listeners": self.url,
            "key.converter": _BYTES,
            "value.converter": _BYTES,
            "offset.flush.interval.ms": "2000",
        }
        for kind in ("offset", "config", "status"):
            settings[f"{kind}.storage.topic"] = f"{name}-connect-{kind}{'' if kind == 'status' else 's'}"
            settings[f"{kind}.storage.replication.factor"] = "1"
        file = work_dir / "worker.properties"
        write_properties(file, settings)
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
