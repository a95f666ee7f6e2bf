"""The exporter tells a real Alertmanager by itself what a real Prometheus tells it by the shipped rules."""

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kafka_mirror_exporter.app.alert_posts import AlertPosts
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, TARGET_ALIAS, Stand
from kafka_mirror_exporter.notify import Pace

from rig.process import wait_until
from rig.prometheus import Alertmanager, Prometheus, WebhookReceiver
from rig.serving import serving
from rig.shipped import shipped_alertmanager, shipped_prometheus

DRIFT, TOPIC, SITE = "KafkaMirrorDriftHigh", "orders", {"site": "east"}
LAPSES_AFTER, RESENT_EVERY = 8.0, 2.0
# Prometheus lets an alert lapse after four of these.
PROMETHEUS_RESENDS, PROMETHEUS_LAPSES_AFTER = "--rules.alert.resend-delay=2s", 20.0


class Relay:
    """Stands between the exporter and Alertmanager, passes posts on, and can fail."""

    def __init__(self, upstream: str) -> None:
        self.is_failing = False
        self.posts: list[tuple[float, list[dict[str, Any]]]] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 503 if relay.is_failing else relay._pass_on(upstream + self.path, body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _pass_on(self, url: str, body: bytes) -> int:
        self.posts.append((time.monotonic(), json.loads(body)))
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(slots=True)
class Senders:
    """One stopped topic, and both who tell of it."""

    stand: Stand
    manager: Alertmanager
    told: WebhookReceiver
    relay: Relay
    prometheus_config: dict[str, Any]
    work_dir: Path
    running: ExitStack

    def start_prometheus(self) -> Prometheus:
        return self.running.enter_context(
            Prometheus(self.work_dir, self.prometheus_config, PROMETHEUS_RESENDS)
        )

    def alerts(self) -> list[dict[str, Any]]:
        """What Alertmanager knows of the topic's drift."""
        wanted = {"alertname": DRIFT, "topic": TOPIC}
        return [a for a in self.manager.alerts() if wanted.items() <= a["labels"].items()]

    def notifications(self, status: str) -> int:
        return len(self.told.of(DRIFT, status, topic=TOPIC))


def config_of(stand: Stand, *urls: str) -> Config:
    return Config.model_validate(
        {
            "mirrors": [
                {
                    "source": {"alias": SOURCE_ALIAS, "bootstrap_servers": stand.source},
                    "target": {"alias": TARGET_ALIAS, "bootstrap_servers": stand.target},
                    "groups": {"include": ["none"]},
                    "thresholds": {"drift": "4s"},
                    **stand.mirror_settings,
                }
            ],
            "poll": {"interval": "1s", "timeout": "900ms"},
            "notify": {"alertmanagers": [{"url": url} for url in urls], "external_labels": SITE},
        }
    )


@pytest.fixture
def senders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Senders]:
    monkeypatch.setattr(AlertPosts, "pace", Pace(repeat_seconds=RESENT_EVERY))
    monkeypatch.setattr(AlertPosts, "lapses_after_seconds", LAPSES_AFTER)
    with ExitStack() as running:
        told = running.enter_context(WebhookReceiver())
        routes = shipped_alertmanager(tmp_path, receiver_url=told.url)
        manager = running.enter_context(Alertmanager(tmp_path / "manager", routes))
        relay = Relay(manager.url)
        running.callback(relay.close)
        stand = Stand(rate=200)
        running.callback(stand.close)
        # One that is away hinders nobody.
        served = running.enter_context(serving(config_of(stand, "http://127.0.0.1:9", relay.url)))
        prometheus = shipped_prometheus(targets=[served], alertmanagers=[f"127.0.0.1:{manager.port}"])
        prometheus["global"]["external_labels"] = SITE
        yield Senders(
            stand,
            manager,
            told,
            relay,
            prometheus,
            tmp_path / "prometheus",
            running.enter_context(ExitStack()),
        )


def without_numbers(annotations: dict[str, str]) -> dict[str, str]:
    return {key: re.sub(r"\d+(\.\d+)?", "N", text) for key, text in annotations.items()}


def test_both_senders_make_one_page_and_one_end_though_each_fails_for_a_while(senders: Senders) -> None:
    senders.stand.press("stall", topic=TOPIC)
    wait_until(senders.alerts, seconds=60, what="Alertmanager is told without Prometheus")
    (direct,) = senders.alerts()

    prometheus = senders.start_prometheus()
    wait_until(lambda: prometheus.firing(DRIFT), seconds=60, what="the rules fire, too")
    (by_rule,) = prometheus.firing(DRIFT)
    assert direct["labels"] == by_rule["labels"] | SITE
    assert without_numbers(direct["annotations"]) == without_numbers(by_rule["annotations"])

    senders.relay.is_failing = True
    stays(senders, seconds=LAPSES_AFTER + 2 * RESENT_EVERY)
    senders.relay.is_failing = False
    senders.running.close()
    stays(senders, seconds=PROMETHEUS_LAPSES_AFTER + 4)
    senders.start_prometheus()
    stays(senders, seconds=6)
    assert (senders.notifications("firing"), senders.notifications("resolved")) == (1, 0)

    senders.stand.press("clear")
    wait_until(lambda: senders.notifications("resolved"), seconds=120, what="the end is told")
    wait_until(lambda: not senders.alerts(), seconds=30, what="Alertmanager has dropped it")
    assert (senders.notifications("firing"), senders.notifications("resolved")) == (1, 1)
    assert all(alert["endsAt"] > alert["startsAt"] for _, posted in senders.relay.posts for alert in posted)


def stays(senders: Senders, *, seconds: float) -> None:
    """The one alert is there all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert len(senders.alerts()) == 1
        time.sleep(0.5)


def test_alone_it_tells_the_end_by_falling_silent(senders: Senders) -> None:
    senders.stand.press("stall", topic=TOPIC)
    wait_until(lambda: senders.notifications("firing"), seconds=60, what="the page")
    senders.stand.press("clear")
    wait_until(lambda: senders.notifications("resolved"), seconds=120, what="the end is told")

    assert (senders.notifications("firing"), senders.notifications("resolved")) == (1, 1)
