"""A real Prometheus, a real Alertmanager, and a receiver that notes when Alertmanager told it what."""

import json
import shutil
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import yaml

from rig.process import ServerProcess, free_ports, wait_until

Labels = Mapping[str, str]


def program(*names: str) -> str:
    """The first of these programs that is installed; a test that needs one fails without it."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError(f"{names[0]} is not installed: make system-packages")
    return found


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


class _Server:
    """A process on a port of loopback, entered and left as a context."""

    name: str

    def __init__(self, command: Sequence[str], *, work_dir: Path, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process = ServerProcess(self.name, command, log=work_dir / "log")

    def __enter__(self) -> Self:
        self.process.start()
        try:
            wait_until(self.is_ready, seconds=60, what=f"{self.name} is ready")
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    def is_ready(self) -> bool:
        """Whether it answers; raises with the end of its log if it has ended."""
        self.process.check_running()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


def prometheus_config(
    *,
    targets: Iterable[str],
    rule_files: Iterable[Path] = (),
    alertmanagers: Iterable[str] = (),
    interval_seconds: int = 5,
) -> dict[str, Any]:
    """A configuration that scrapes the targets, and sends what the rules say to these `host:port`s."""
    every = f"{interval_seconds}s"
    managers = [{"static_configs": [{"targets": list(alertmanagers)}]}]
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(path) for path in rule_files],
        "alerting": {"alertmanagers": managers},
        "scrape_configs": [
            {"job_name": "kafka-mirror-exporter", "static_configs": [{"targets": list(targets)}]}
        ],
    }


class Prometheus(_Server):
    """Enter it to start it; its data live in `work_dir`, and its log is `work_dir/log`."""

    name = "Prometheus"

    def __init__(self, work_dir: Path, config: Mapping[str, Any], *flags: str) -> None:
        work_dir.mkdir(parents=True, exist_ok=True)
        file = work_dir / "prometheus.yaml"
        file.write_text(yaml.safe_dump(dict(config)))
        (port,) = free_ports(1)
        command = [
            program("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={work_dir / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", *flags,
        ]  # fmt: skip
        super().__init__(command, work_dir=work_dir, port=port)

    def has_alertmanager(self) -> bool:
        """Whether it has found whom to tell; before that nobody hears of what fires."""
        return bool(_get(f"{self.url}/api/v1/alertmanagers")["data"]["activeAlertmanagers"])

    def query(self, expression: str) -> list[tuple[Labels, float]]:
        """What an instant query gives now, as (labels, value); raises `ValueError` with the server's words."""
        arguments = urllib.parse.urlencode({"query": expression})
        try:
            data = _get(f"{self.url}/api/v1/query?{arguments}")["data"]
        except urllib.error.HTTPError as refusal:
            raise ValueError(f"{expression}: {refusal.read().decode()}") from refusal
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(row["metric"], float(row["value"][1])) for row in data["result"]]

    def alerts(self) -> list[dict[str, Any]]:
        """Pending and firing alerts with their labels, annotations and state."""
        alerts: list[dict[str, Any]] = _get(f"{self.url}/api/v1/alerts")["data"]["alerts"]
        return alerts

    def rule_groups(self) -> list[dict[str, Any]]:
        """The groups of rules, with when and for how long each was last evaluated."""
        groups: list[dict[str, Any]] = _get(f"{self.url}/api/v1/rules")["data"]["groups"]
        return groups

    def firing(self, name: str) -> list[dict[str, Any]]:
        """The firing alerts of one name."""
        return [a for a in self.alerts() if a["labels"]["alertname"] == name and a["state"] == "firing"]


class Alertmanager(_Server):
    """Enter it to start it with a configuration file that is already written."""

    name = "Alertmanager"

    def __init__(self, work_dir: Path, config_file: Path, *, port: int | None = None) -> None:
        work_dir.mkdir(parents=True, exist_ok=True)
        port = port or free_ports(1)[0]
        command = [
            program("alertmanager", "prometheus-alertmanager"), f"--config.file={config_file}",
            f"--storage.path={work_dir / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=", "--log.level=warn",
        ]  # fmt: skip
        super().__init__(command, work_dir=work_dir, port=port)

    def post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Tells it of alerts, as Prometheus does."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts",
            data=json.dumps(list(alerts)).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts it knows, each with `labels` and a `status` that tells what inhibits it."""
        alerts: list[dict[str, Any]] = _get(f"{self.url}/api/v2/alerts")
        return alerts


@dataclass(frozen=True, slots=True)
class Told:
    """One alert of one notification: where it arrived and when (monotonic)."""

    at: float
    path: str
    status: str
    labels: Labels
    annotations: Labels


class WebhookReceiver:
    """Listens on a port of loopback and notes every alert that is posted, in the order of arrival."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.told))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, name: str, status: str = "firing", **labels: str) -> list[Told]:
        """What was told of one alert, with at least these labels."""
        wanted = {"alertname": name} | labels
        return [t for t in list(self.told) if t.status == status and wanted.items() <= t.labels.items()]


def _handler(told: list[Told]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name the library calls
            arrived = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.extend(
                Told(arrived, self.path, alert["status"], alert["labels"], alert["annotations"])
                for alert in body["alerts"]
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing: what arrived is noted."""

    return Handler
