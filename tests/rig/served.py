"""A `serve` process with a fallback, which may be killed and started again."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.process import wait_until


@dataclass(slots=True)
class ServedFallback:
    """Polls one mirror, once a second by default; `environment` is what the process finds its secrets in."""

    folder: Path
    mirror: Mapping[str, Any]
    state_file: str = "state.json"
    fallback: Mapping[str, str] = field(default_factory=dict)
    notify: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    poll: Mapping[str, str] = field(default_factory=lambda: {"interval": "1s", "timeout": "900ms"})
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def configure(self) -> None:
        """Writes the file; what is JSON is YAML."""
        content = {
            "mirrors": [self.mirror],
            "poll": self.poll,
            "state_file": self.state_file,
            "fallback": {"enabled": True, "instance": "kme-0", **self.fallback},
            "notify": self.notify,
        }
        (self.folder / "mirror.yaml").write_text(json.dumps(content))

    def start(self) -> None:
        self._launch()
        wait_until(lambda: "listening on port" in self.log.read_text(), seconds=30, what="it listens")
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
