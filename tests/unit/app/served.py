"""A `serve` process with a fallback, which may be killed and started again."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka_mirror_exporter.demo.stand import Stand

CONFIGURATION = """
mirrors:
  - source: {{alias: legacy, bootstrap_servers: "{source}"}}
    target: {{alias: modern, bootstrap_servers: "{target}"}}
    topics: {{include: [{topics}]}}
    groups: {{include: [billing]}}
    thresholds: {{drift: 3s, fallback: 4s}}
poll: {{interval: 1s, timeout: 900ms}}
state_file: {state_file}
fallback: {{enabled: true, release_after: 2s, min_engaged: 3s, instance: kme-0}}
notify: {notify}
"""


def wait_until(condition: Callable[[], object], *, seconds: float = 30, what: str = "it") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


@dataclass(slots=True)
class ServedFallback:
    """`notify` is YAML in one line; `environment` is what the process finds its secrets in."""

    folder: Path
    stand: Stand
    state_file: str = "state.json"
    notify: str = "{}"
    topics: str = "orders, inventory"
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def configure(self) -> None:
        (self.folder / "mirror.yaml").write_text(
            CONFIGURATION.format(
                source=self.stand.source, target=self.stand.target, state_file=self.state_file,
                notify=self.notify, topics=self.topics,
            )
        )  # fmt: skip

    def start(self) -> None:
        self._launch()
        wait_until(lambda: "listening on port" in self.log.read_text(), what="it listens")
        self.port = int(self.log.read_text().partition("listening on port ")[2].split()[0])

    def start_refused(self) -> int:
        """Its exit status, where it does not start."""
        return self._launch().wait(20)

    def _launch(self) -> "subprocess.Popen[bytes]":
        self.configure()
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "kafka_mirror_exporter", "serve", "--config.file",
                    str(self.folder / "mirror.yaml"), "--web.listen-address", "127.0.0.1:0",
                ],
                stderr=output, env=os.environ | dict(self.environment),
            )  # fmt: skip
        return self.process

    def kill(self) -> None:
        """Ends it as `kill -9` does; nothing is saved on the way out."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def reload(self) -> None:
        assert self.process is not None
        self.configure()
        self.process.send_signal(signal.SIGHUP)

    def ask(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def states(self) -> dict[str, dict[str, Any]]:
        """Every topic's state as the API tells it; empty before the first poll."""
        status, body = self.ask("/api/v1/fallback")
        if status != 200:
            assert status == 503
            return {}
        return {topic["topic"]: topic for topic in json.loads(body)["mirrors"][0]["topics"]}

    def engaged(self, topic: str) -> bool | None:
        return self.states().get(topic, {"engaged": None})["engaged"]

    def answers_until(self, topic: str, *, engaged: bool, seconds: float = 30) -> list[bool | None]:
        """All that was answered of a topic up to and with a state that is waited for."""
        answers: list[bool | None] = []

        def asked() -> bool:
            answers.append(self.engaged(topic))
            return answers[-1] is engaged

        wait_until(asked, seconds=seconds, what=f"{topic} is {'engaged' if engaged else 'released'}")
        return answers
