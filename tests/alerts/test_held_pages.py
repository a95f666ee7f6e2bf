"""Prometheus itself is killed while a page is held: what it remembers is in its data, and it goes on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from rig.process import wait_until
from rig.prometheus import Prometheus
from rig.shipped import shipped_prometheus

MIRROR = 'source="legacy",target="redpanda"'
LATE = f"""kafka_mirror_polls_total{{{MIRROR}}} 100
kafka_mirror_topic_state{{{MIRROR},topic="orders",state="mirroring"}} 1
kafka_mirror_drift_threshold_seconds{{{MIRROR},topic="orders",level="page"}} 15
kafka_mirror_drift_seconds{{{MIRROR},topic="orders",partition="0"}} 60
"""
DRIFT = "KafkaMirrorDriftHigh"


@contextmanager
def exporter_of(body: str) -> Iterator[str]:
    """An exporter that always says the same, and its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def values(prometheus: Prometheus) -> list[float]:
    """What the page is firing with."""
    return [float(alert["value"]) for alert in prometheus.firing(DRIFT)]


def test_a_page_is_held_through_the_death_of_the_exporter_and_of_prometheus(tmp_path: Path) -> None:
    with ExitStack() as exporter:
        config = shipped_prometheus(targets=[exporter.enter_context(exporter_of(LATE))], alertmanagers=[])
        with Prometheus(tmp_path, config) as first:
            wait_until(lambda: values(first) == [60], seconds=60, what="the page")
            exporter.close()
            wait_until(lambda: values(first) == [-1], seconds=30, what="the page is held")
    with Prometheus(tmp_path, config) as second:
        wait_until(lambda: values(second) == [-1], seconds=30, what="the page is there again")
        held = second.firing(DRIFT)[0]

    assert held["labels"] == {
        "alertname": DRIFT, "severity": "critical", "source": "legacy", "target": "redpanda", "topic": "orders",
    }  # fmt: skip
    assert "partition 0 was 1m 0s behind" in held["annotations"]["description"]
