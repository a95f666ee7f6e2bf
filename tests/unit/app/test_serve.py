"""The whole process on embedded brokers: it serves, reloads, keeps what was good, and stops."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_mirror_exporter.demo.stand import Stand


def wait_until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Served:
    """A `serve` process with a configuration file that may be rewritten."""

    def __init__(self, folder: Path, stand: Stand) -> None:
        self._stand = stand
        self.file = folder / "mirror.yaml"
        self.configure(drift="15s")
        log = folder / "log"
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "kafka_mirror_exporter", "serve", "--config.file", str(self.file),
                    "--web.listen-address", "127.0.0.1:0", "--web.enable-lifecycle", "--log.format", "json",
                ],
                stderr=output,
            )  # fmt: skip
        wait_until(lambda: "listening on port" in log.read_text())
        self._port = int(log.read_text().partition("listening on port ")[2].split()[0])

    def configure(self, *, drift: str, budget: str = "1MiB") -> None:
        self.file.write_text(
            f"""
mirrors:
  - source:
      {{alias: legacy, bootstrap_servers: "{self._stand.source}", budget: {{fetch_bytes_per_second: {budget}}}}}
    target: {{alias: modern, bootstrap_servers: "{self._stand.target}"}}
    groups: {{include: [billing]}}
    thresholds: {{drift: {drift}}}
poll: {{interval: 1s, timeout: 900ms}}
state_file: state.json
"""
        )

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def threshold(self) -> float:
        found = re.search(
            r'drift_threshold_seconds\{.*topic="orders",level="page"\} (\S+)', self.ask("/metrics")[1]
        )
        return float(found[1]) if found else -1.0

    def polls(self) -> int:
        """How often the mirror, as it was last opened, was polled."""
        found = re.search(r"kafka_mirror_polls_total\{.*\} (\d+)", self.ask("/metrics")[1])
        return int(found[1]) if found else 0

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


@pytest.fixture
def served(tmp_path: Path, stand: Stand) -> Iterator[Served]:
    served = Served(tmp_path, stand)
    try:
        wait_until(lambda: served.ask("/-/ready")[0] == 200)
        yield served
    finally:
        served.process.kill()
        served.process.wait()


def test_it_serves_metrics_health_and_readings(served: Served) -> None:
    wait_until(
        lambda: (
            'kafka_mirror_drift_seconds{source="legacy",target="modern",topic="orders"'
            in served.ask("/metrics")[1]
        )
    )

    assert served.ask("/-/healthy")[0] == 200
    status, body = served.ask("/api/v1/mirrors/legacy/modern/partitions?topic=orders")
    assert (status, json.loads(body)["total"]) == (200, 4)
    assert served.ask("/api/v1/mirrors/legacy/elsewhere/partitions")[0] == 404
    assert "legacy" in served.ask("/")[1]


def test_a_new_configuration_is_taken_over_by_signal_and_by_request(served: Served) -> None:
    served.configure(drift="30s")
    served.process.send_signal(signal.SIGHUP)
    wait_until(lambda: served.threshold() == 30.0)

    served.configure(drift="45s")
    assert served.ask("/-/reload", "POST")[0] == 200
    wait_until(lambda: served.threshold() == 45.0)


def test_what_was_learnt_survives_other_thresholds_and_not_another_configuration(served: Served) -> None:
    wait_until(lambda: served.polls() >= 4)
    served.configure(drift="30s")
    assert served.ask("/-/reload", "POST")[0] == 200
    wait_until(lambda: served.threshold() == 30.0)
    after_thresholds = served.polls()
    served.configure(drift="30s", budget="2MiB")
    assert served.ask("/-/reload", "POST")[0] == 200

    assert after_thresholds >= 5
    wait_until(lambda: 1 <= served.polls() < after_thresholds)


def test_a_bad_configuration_changes_nothing_and_is_told(served: Served) -> None:
    wait_until(lambda: served.threshold() == 15.0)
    served.configure(drift="soon")
    status, body = served.ask("/-/reload", "POST")

    assert status == 500
    assert "thresholds.drift: is not a duration" in body
    assert "kafka_mirror_exporter_config_last_reload_successful 0" in served.ask("/metrics")[1]
    assert served.threshold() == 15.0
    assert served.ask("/-/ready")[0] == 200


def test_it_stops_with_0_and_leaves_its_state_file_whole(served: Served) -> None:
    began = time.monotonic()

    assert served.stop() == 0
    assert time.monotonic() - began < 5
    assert (
        json.loads((served.file.parent / "state.json").read_text())["format"] == "kafka-mirror-exporter-state"
    )


def test_it_stops_at_once_while_a_page_is_open(served: Served) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served._port}/events", timeout=5) as page:
        first = page.readline()
        began = time.monotonic()

        assert first == b"retry: 2000\n"
        assert served.stop() == 0
        assert time.monotonic() - began < 5


def test_a_state_file_that_is_not_ours_is_refused_in_one_line(tmp_path: Path, stand: Stand) -> None:
    (tmp_path / "state.json").write_text("{")
    file = tmp_path / "mirror.yaml"
    file.write_text(
        f'mirrors: [{{source: {{bootstrap_servers: "{stand.source}"}}, target: {{bootstrap_servers: "{stand.target}"}}}}]\n'
        "state_file: state.json\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", "serve", "--config.file", str(file), "--web.listen-address", "127.0.0.1:0"],
        check=False, capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "is damaged; move it away" in ended.stderr


def test_a_port_in_use_is_told_in_one_line(served: Served, stand: Stand) -> None:
    ended = subprocess.run(
        [
            sys.executable, "-m", "kafka_mirror_exporter", "serve", "--source", stand.source, "--target", stand.target,
            "--web.listen-address", f"127.0.0.1:{served._port}",
        ],
        check=False, capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    assert ended.returncode == 2
    assert "already in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
