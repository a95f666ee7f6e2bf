"""The compose file's story on this machine: our own services as containers, Kafka and MirrorMaker as processes of their jars.

Redpanda's part is played by a Kafka 4.1. Everything shares the network of the host, and every name leads to loopback.
"""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import yaml

from rig.composed import COMPOSE_FILE, our_services, services
from rig.containers import ROOT, done, environment, inspect, run
from rig.jars import classpath
from rig.kafka import logging_arguments
from rig.process import JavaProcess, wait_until

_PODMAN_COMPOSE = str(Path(sys.executable).parent / "podman-compose")
# The target's own ports, in a copy of the source's configuration.
_TO_TARGET = {":9092": ":9192", ":19092": ":19192", ":9094": ":9194", "kafka:": "redpanda:"}
# All that the processes and containers of the story listen on: the host's network has no room for two of them.
_PORTS = (8081, 8082, 9092, 9094, 9192, 9194, 10015, 19092, 19192)


class Laptop:
    """Enter it to start all, and leave it to end all; `mirrormaker` pauses and resumes."""

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self._project = f"kme-{uuid.uuid4().hex[:8]}"
        names = [*services(), "localhost", socket.gethostname()]
        (work_dir / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in names))
        source = (ROOT / "compose" / "kafka.properties").read_text()
        source = source.replace("://:", "://127.0.0.1:")
        target = source
        for one, other in _TO_TARGET.items():
            target = target.replace(one, other)
        self._source = self._broker("3.2.0", "kafka", source)
        self._target = self._broker("4.1.0", "redpanda", target)
        self.mirrormaker = self._java(
            "3.2.0",
            "mirrormaker",
            [
                "org.apache.kafka.connect.mirror.MirrorMaker",
                str(ROOT / "compose" / "mirrormaker2.properties"),
            ],
        )

    def _java(self, version: str, name: str, arguments: Sequence[str]) -> JavaProcess:
        home = self._work_dir / name
        home.mkdir(exist_ok=True)
        hosts = f"-Djdk.net.hosts.file={self._work_dir / 'hosts'}"
        options = [hosts, *logging_arguments(version, home), "-cp", classpath(version)]
        return JavaProcess(name, [*options, *arguments], log=home / "log", heap="512m")

    def _broker(self, version: str, name: str, properties: str) -> JavaProcess:
        """A broker on formatted storage, as the compose file's command makes it."""
        home = self._work_dir / name
        home.mkdir()
        file = home / "kafka.properties"
        file.write_text(properties.replace("/tmp/kafka-data", str(home / "data")))  # noqa: S108  # what is replaced
        tool = ["java", "-cp", classpath(version), "kafka.tools.StorageTool"]
        made = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True)
        given = ["--ignore-formatted", "-t", made.stdout.strip(), "-c", str(file)]
        subprocess.run([*tool, "format", *given], capture_output=True, check=True)
        return self._java(version, name, ["kafka.Kafka", str(file)])

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # One that was just being restarted escapes `down`.
        run("podman", "rm", "--force", "--time=0", "--ignore", *map(self.container, our_services()))
        self._compose("down", "--volumes")
        for process in (self.mirrormaker, self._source, self._target):
            process.kill()

    def _start(self) -> None:
        taken = [port for port in _PORTS if _is_open(port)]
        if taken:
            raise RuntimeError(f"something listens on ports of the compose file already: {taken}")
        self._source.start()
        self._target.start()
        for process, port in ((self._source, 9092), (self._target, 9192)):
            wait_until(lambda p=process, at=port: _answers(p, at), seconds=90, what=process.name)
        self.mirrormaker.start()
        started = self._compose("up", "--detach", "--no-build", "--no-deps", *our_services())
        if started.returncode:
            raise RuntimeError(f"podman-compose: {started.stdout}{started.stderr}")

    def _compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        override = self._work_dir / "override.yaml"
        hosts = [f"{name}:127.0.0.1" for name in services()]
        # The timers of health checks need systemd: what they ask is run by hand.
        changed = {"network_mode": "host", "extra_hosts": hosts, "healthcheck": {"disable": True}}
        override.write_text(yaml.safe_dump({"services": dict.fromkeys(our_services(), changed)}))
        files = ["-f", str(COMPOSE_FILE), "-f", str(override)]
        return subprocess.run(
            [_PODMAN_COMPOSE, "-p", self._project, *files, *arguments],
            env=environment() | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self._project}_{service}_1"

    def logs(self, service: str) -> str:
        """All that a service wrote to its outputs."""
        said = run("podman", "logs", self.container(service))
        return said.stdout + said.stderr

    def is_healthy(self, service: str) -> bool:
        """What the image's HEALTHCHECK finds in a service's container."""
        image = done("podman", "container", "inspect", "--format={{.ImageName}}", self.container(service))
        test = inspect(image)["Healthcheck"]["Test"][1:]
        return run("podman", "exec", self.container(service), *test).returncode == 0


def _answers(process: JavaProcess, port: int) -> bool:
    process.check_running()
    return _is_open(port)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True
