"""Prometheus and Alertmanager beside the demo, where they are installed, with the rules of the checkout."""

import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka_mirror_exporter.config.yaml_loader import load_yaml
from kafka_mirror_exporter.errors import ConfigError, Fault, KafkaMirrorExporterError

_ALERTS = Path(__file__).resolve().parents[3] / "alerts"
_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0


class MonitoringFailed(KafkaMirrorExporterError):
    """Prometheus or Alertmanager did not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """The two programs, and the folder with what they are told."""

    prometheus: str
    alertmanager: str
    alerts: Path

    @contextmanager
    def run(self, *, exporter_port: int) -> Iterator[tuple[str, str]]:
        """Runs both, scraping the exporter; their addresses. They end with the context."""
        ports = _free_ports(2)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            arguments = (
                self._alertmanager(folder, port=ports[1]),
                self._prometheus(folder, ports=ports, exporter_port=exporter_port),
            )
            for command, port in zip(arguments, reversed(ports), strict=True):
                stack.enter_context(_running(command, port=port, log=folder / f"{port}.log"))
            yield f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"

    def _alertmanager(self, folder: Path, *, port: int) -> list[str]:
        """The shipped routes; the receivers, which are a template, tell nobody."""
        config, _ = load_yaml(self.alerts / "alertmanager.yaml")
        config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
        return [
            self.alertmanager, f"--config.file={_written(folder / 'alertmanager.json', config)}",
            f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=", "--log.level=warn",
        ]  # fmt: skip

    def _prometheus(self, folder: Path, *, ports: Sequence[int], exporter_port: int) -> list[str]:
        """The shipped configuration, with these addresses."""
        config, _ = load_yaml(self.alerts / "prometheus.yaml")
        config["rule_files"] = [str(self.alerts / name) for name in config["rule_files"]]
        (job,) = config["scrape_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{exporter_port}"]}]
        (managers,) = config["alerting"]["alertmanagers"]
        managers["static_configs"] = [{"targets": [f"127.0.0.1:{ports[1]}"]}]
        return [
            self.prometheus, f"--config.file={_written(folder / 'prometheus.json', config)}",
            f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{ports[0]}",
            "--log.level=warn",
        ]  # fmt: skip


def find_monitoring() -> Monitoring:
    """The programs on PATH and the files of the checkout, or a sentence about what is missing."""
    prometheus = shutil.which("prometheus")
    alertmanager = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if prometheus is None or alertmanager is None:
        missing = "prometheus" if prometheus is None else "alertmanager"
        raise _refusal(f"needs {missing} on PATH; Debian: apt-get install prometheus prometheus-alertmanager")
    if not (_ALERTS / "prometheus.yaml").is_file():
        raise _refusal("needs a checkout: the rules are in its alerts/")
    return Monitoring(prometheus=prometheus, alertmanager=alertmanager, alerts=_ALERTS)


def _refusal(sentence: str) -> ConfigError:
    return ConfigError([Fault(path="--with-prometheus", sentence=sentence)])


def _written(path: Path, content: Any) -> Path:
    """JSON is YAML, too."""
    path.write_text(json.dumps(content))
    return path


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


@contextmanager
def _running(command: Sequence[str], *, port: int, log: Path) -> Iterator[None]:
    """One process in a session of its own, so that Ctrl-C in the terminal reaches the demo alone."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603  # found on PATH
    try:
        _wait_ready(process, name=command[0], port=port, log=log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: "subprocess.Popen[bytes]", *, name: str, port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = " ".join(log.read_text(errors="replace")[-500:].split())
            raise MonitoringFailed(f"{name} did not start: {said}")
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
