"""The Dockerfile as it is written, and whether its wheels exist for both architectures."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kafka_mirror_exporter import __version__

from rig.containers import ROOT, inspect

_BIN = Path(sys.executable).parent
_TEXT = (ROOT / "Dockerfile").read_text()
_COPIED = re.findall(r"^COPY (?!--from)(.+) \S+$", _TEXT, re.MULTILINE)


def _instructions(stage: int) -> list[tuple[str, str]]:
    """What one stage does, each as (word, arguments)."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", _TEXT, flags=re.MULTILINE))
    lines = re.split(r"^(?=FROM )", joined, flags=re.MULTILINE)[stage].splitlines()
    return [(word, rest) for word, _, rest in (line.strip().partition(" ") for line in lines) if word]


def _hadolint(*options: str, text: str = _TEXT) -> subprocess.CompletedProcess[str]:
    command = [str(_BIN / "hadolint"), "--no-color", *options, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing() -> None:
    found = _hadolint("--failure-threshold=style")

    assert (found.returncode, found.stdout) == (0, "")


def test_hadolint_would_find_a_fault() -> None:
    found = _hadolint(text=_TEXT + "RUN apt-get install vim\n")

    assert found.returncode == 1


def test_the_base_is_pinned_by_digest_and_may_be_replaced() -> None:
    (default,) = re.findall(r"^ARG BASE_IMAGE=(\S+)$", _TEXT, re.MULTILINE)

    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", default)
    assert [rest.split()[0] for stage in (1, 2) for word, rest in _instructions(stage) if word == "FROM"] == [
        "${BASE_IMAGE}"
    ] * 2


def test_everything_is_installed_from_wheels_with_known_hashes_or_from_the_checkout() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install (.+?)(?= \\\n|\n)", _TEXT)

    assert len(installs) == 3
    for options in installs:
        assert {"--require-hashes", "--no-index"} & set(options.split()), options
        assert {"--only-binary", "--no-index"} & set(options.split()), options


def test_the_last_stage_installs_nothing() -> None:
    runs = [rest for word, rest in _instructions(2) if word == "RUN"]

    assert [run.split()[0] for run in runs] == ["rm"]


def test_the_build_sees_only_what_it_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert allowed == {name for line in _COPIED for name in line.split()}
    assert all((ROOT / name).exists() for name in allowed)


def test_what_the_image_says_of_itself(image: str) -> None:
    config = inspect(image)["Config"]
    labels = {key.removeprefix("org.opencontainers.image."): text for key, text in config["Labels"].items()}

    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["kafka-mirror-exporter"]
    assert config["ExposedPorts"] == {"10015/tcp": {}}
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"
    wanted = {"title", "description", "source", "url", "documentation", "revision", "created", "base.name"}
    assert wanted <= labels.keys()
    assert all(labels[name] for name in wanted)


def test_its_health_is_asked_by_its_own_python(image: str) -> None:
    test = inspect(image)["Healthcheck"]["Test"]

    assert test[:3] == ["CMD", "python3", "-c"]


def test_no_variable_of_the_image_is_a_secret(image: str) -> None:
    names = [variable.split("=")[0] for variable in inspect(image)["Config"]["Env"]]

    assert not [name for name in names if re.search("PASS|SECRET|TOKEN|KEY", name)]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_dependency_has_a_wheel_for(machine: str, tmp_path: Path) -> None:
    """What pip would install in the image on this machine, with the hashes that are locked."""
    report = tmp_path / "report.json"
    platforms = [f"--platform=manylinux{form}_{machine}" for form in ("_2_28", "2014", "_2_17")]
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps",
        f"--target={tmp_path}", f"--report={report}", "--python-version=3.13", "--implementation=cp", *platforms,
        "--only-binary=:all:", "--require-hashes", f"--requirement={ROOT / 'requirements.txt'}",
    ]  # fmt: skip

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert ended.returncode == 0, ended.stderr
    files = [
        item["download_info"]["url"].rsplit("/", 1)[-1] for item in json.loads(report.read_text())["install"]
    ]
    built = [file for file in files if not file.endswith("-none-any.whl")]
    assert len(built) >= 5
    assert all(file.endswith(f"{machine}.whl") for file in built), built
