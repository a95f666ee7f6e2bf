"""A clean environment, with nothing of the checkout in it: the release is installed there, and runs."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from rig.pages import ROOT
from rig.process import ServerProcess, free_ports, wait_until
from rig.pythons import found_pythons

PYTHONS = found_pythons()


def clean_environment() -> Mapping[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }


def run(command: Sequence[str | Path], folder: Path) -> str:
    """The output of a command that must end well."""
    ended = subprocess.run(
        [str(word) for word in command], check=False, cwd=folder, capture_output=True, text=True, timeout=300,
        env=clean_environment(),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def make_environment(interpreter: str, folder: Path) -> Path:
    """The `bin` of a new environment."""
    run([interpreter, "-m", "venv", folder / "venv"], folder)
    return folder / "venv" / "bin"


def install_locked(scripts: Path, folder: Path) -> None:
    """The dependencies as they are locked: compiled ones only, each checked against its hash."""
    locked = ROOT / "requirements.txt"
    run([scripts / "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", locked], folder)


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def is_ready(process: ServerProcess, port: int) -> bool:
    process.check_running()
    try:
        return get(port, "/-/ready")[0] == 200
    except OSError:
        return False


def check_that_it_runs(scripts: Path, folder: Path, version: str) -> None:
    """Asked for its version and schema, and watching a mirror, page and metrics included."""
    command = scripts / "kafka-mirror-exporter"
    assert run([command, "--version"], folder) == f"kafka-mirror-exporter, version {version}\n"
    assert json.loads(run([scripts / "python", "-m", "kafka_mirror_exporter", "config", "schema"], folder))
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    demo = ServerProcess(
        "demo", [str(command), "demo", "--web.listen-address", address], log=folder / "demo.log"
    )
    demo.start()
    try:
        wait_until(lambda: is_ready(demo, port), seconds=60, what="the demo is ready")
        wait_until(
            lambda: 'kafka_mirror_drift_seconds{source="legacy"' in get(port, "/metrics")[1],
            seconds=60, what="drift is measured",
        )  # fmt: skip
        assert f'version="{version}"' in get(port, "/metrics")[1]
        assert get(port, "/")[0] == 200
        assert get(port, "/static/status.css")[0] == 200
    finally:
        demo.stop()


@pytest.mark.parametrize("python", PYTHONS)
def test_the_wheel_runs_with_the_locked_dependencies(
    python: str, wheel: Path, version: str, tmp_path: Path
) -> None:
    scripts = make_environment(PYTHONS[python], tmp_path)
    install_locked(scripts, tmp_path)
    run([scripts / "pip", "install", "--no-deps", "--no-index", wheel], tmp_path)

    assert run([scripts / "pip", "check"], tmp_path) == "No broken requirements found.\n"
    assert run([scripts / "python", "-c", "import sys; print(sys.version)"], tmp_path).startswith(python)
    check_that_it_runs(scripts, tmp_path, version)


@pytest.mark.parametrize("what", ["wheel", "sdist"])
def test_it_runs_with_the_newest_dependencies_that_it_allows(
    what: str, wheel: Path, sdist: Path, version: str, tmp_path: Path
) -> None:
    scripts = make_environment(sys.executable, tmp_path)
    run([scripts / "pip", "install", "--prefer-binary", {"wheel": wheel, "sdist": sdist}[what]], tmp_path)

    check_that_it_runs(scripts, tmp_path, version)


def test_an_older_python_is_refused(wheel: Path, tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--no-index", "--python-version", "3.10",
         "--only-binary", ":all:", "--dest", str(tmp_path), str(wheel)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert refused.returncode != 0
    assert "requires a different Python" in refused.stderr
