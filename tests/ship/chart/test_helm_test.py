"""The command of `helm test`, run here against a real exporter, plain and with TLS."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kafka_mirror_exporter.demo.stand import Stand

from rig.helm import CHART, container, of_kind, rendered
from rig.process import ServerProcess, free_ports, wait_until


def words(name: str, port: int) -> list[str]:
    """The pod's command, with the Service at the exporter's own port."""
    pod = of_kind(rendered("--values", CHART / "ci" / f"{name}-values.yaml"), "Pod")["spec"]
    python, *rest, url = pod["containers"][0]["command"]
    assert python == "python3"
    return [sys.executable, *rest, url.replace("lag-kafka-mirror-exporter.watch:10015", f"127.0.0.1:{port}")]


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    made = Stand(rate=20)
    yield made
    made.close()


@pytest.fixture(params=["two-addresses", "web-tls"])
def served(request: pytest.FixtureRequest, stand: Stand, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The exporter with the container's own arguments, its files and port being the test's."""
    (port,) = free_ports(1)
    name = request.param
    mirrors = [{"source": {"bootstrap_servers": stand.source}, "target": {"bootstrap_servers": stand.target}}]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"mirrors": mirrors}))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-days", "1"]
    subprocess.run(
        [*command, "-keyout", tmp_path / "key", "-out", tmp_path / "crt"], check=True, capture_output=True
    )
    web = {"tls_server_config": {"cert_file": "crt", "key_file": "key"}}
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(web))
    arguments = [
        argument.replace("/etc/kafka-mirror-exporter-web", str(tmp_path))
        .replace("/etc/kafka-mirror-exporter", str(tmp_path))
        .replace(":10015", f"127.0.0.1:{port}")
        for argument in container(rendered("--values", CHART / "ci" / f"{name}-values.yaml"))["args"]
    ]
    process = ServerProcess(
        "serve", [sys.executable, "-m", "kafka_mirror_exporter", *arguments], log=tmp_path / "log"
    )
    process.start()
    try:
        wait_until(lambda: process.check_running() or is_up(port), seconds=60, what="it serves")
        yield name, port
    finally:
        process.stop()


def is_up(port: int) -> bool:
    return subprocess.run(words("two-addresses", port), check=False, capture_output=True).returncode == 0 or (
        subprocess.run(words("web-tls", port), check=False, capture_output=True).returncode == 0
    )


def test_it_passes_where_the_exporter_is_ready(served: tuple[str, int]) -> None:
    done = subprocess.run(words(*served), check=False, capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("/-/ready 200\n")


def test_it_fails_where_nobody_answers() -> None:
    (port,) = free_ports(1)

    assert subprocess.run(words("two-addresses", port), check=False, capture_output=True).returncode == 1
