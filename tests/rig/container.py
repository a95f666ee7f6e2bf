"""A container that runs for a test and is gone after it, with as few rights as the documentation promises."""

import json
import uuid
from collections.abc import Sequence
from typing import Any, Self

from rig.containers import done, run
from rig.process import wait_until

# What a careful platform takes away; nothing of the exporter needs it back.
RESTRICTED = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges")
_GET = "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1], timeout=5).read().decode())"


class Container:
    """Enter it to start it; without a network of its own it is spoken to from within."""

    def __init__(self, image: str, *command: str, options: Sequence[str] = ("--network=none",)) -> None:
        self.name = f"kme-{uuid.uuid4().hex[:12]}"
        self._start = [
            "podman", "run", "--detach", f"--name={self.name}", "--health-interval=disable",
            *RESTRICTED, *options, image, *command,
        ]  # fmt: skip

    def __enter__(self) -> Self:
        try:
            done(*self._start, seconds=120)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Ends and forgets it."""
        run("podman", "rm", "--force", "--time=0", self.name)

    @property
    def state(self) -> dict[str, Any]:
        """Whether it runs, and how it ended."""
        (said,) = json.loads(done("podman", "container", "inspect", self.name))
        state: dict[str, Any] = said["State"]
        return state

    def logs(self) -> str:
        """All that it wrote to its outputs."""
        said = run("podman", "logs", self.name)
        return said.stdout + said.stderr

    def python(self, program: str, *arguments: str) -> str:
        """What a program says that the image's own Python runs in it."""
        return done("podman", "exec", self.name, "python3", "-c", program, *arguments)

    def get(self, path: str) -> str:
        """The body of an answer of the exporter in it."""
        return self.python(_GET, f"http://127.0.0.1:10015{path}")

    def is_healthy(self) -> bool:
        """What the image's own HEALTHCHECK finds."""
        return run("podman", "healthcheck", "run", self.name).returncode == 0

    def wait_healthy(self) -> None:
        """Waits for the image's own HEALTHCHECK."""
        wait_until(self._is_healthy_or_gone, seconds=60, what=f"{self.name} is healthy")

    def _is_healthy_or_gone(self) -> bool:
        if self.is_healthy():
            return True
        if not self.state["Running"]:
            raise RuntimeError(f"{self.name} has ended: {self.logs()[-3_000:]}")
        return False

    def stop(self) -> int:
        """SIGTERM, as every orchestrator sends it first, and the status it ended with."""
        done("podman", "stop", "--time=20", self.name)
        return int(self.state["ExitCode"])
