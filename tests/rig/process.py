"""Processes that can be paused, killed and started again, and never outlive the tests."""

import atexit
import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def wait_until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Waits for a condition, and fails with its name when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now.

    They lie below those that the system gives to outgoing connections: while a broker is down, a client that
    tries its port again and again could otherwise be given that very port, and the broker never get it back.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(16_000, 32_000)  # noqa: S311  # not a secret
        if port not in ports and _is_free(port):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _die_with_the_parent() -> None:
    # Follows the thread that starts the process: start from one that lives as long as the tests.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ServerProcess:
    """One process; its output goes to a log file."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.kill)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_the_parent,  # noqa: PLW1509  # no lock is taken between fork and exec
            )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def check_running(self) -> None:
        """Fails with the end of the log if the process is gone."""
        if not self.is_running:
            raise RuntimeError(f"{self.name} has ended: {self.log.read_text(errors='replace')[-3_000:]}")

    def _signal(self, number: int) -> None:
        if self._process is not None and self.is_running:
            os.kill(self._process.pid, number)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it at once, as `kill -9` does."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for who does not listen; works on a paused process, too."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        if self._process is not None:
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class JavaProcess(ServerProcess):
    """One JVM."""

    def __init__(self, name: str, arguments: Sequence[str], *, log: Path, heap: str = "256m") -> None:
        java = ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        super().__init__(name, [*java, *arguments], log=log)
