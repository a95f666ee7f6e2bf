"""What is in the wheel and the source distribution, and what is not."""

import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

from rig.pages import ROOT

PACKAGE = ROOT / "exporter" / "kafka_mirror_exporter"


@pytest.fixture(scope="module")
def in_wheel(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path, version: str) -> Message:
    name = f"kafka_mirror_exporter-{version}.dist-info/METADATA"
    return Parser().parsestr(zipfile.ZipFile(wheel).read(name).decode())


def test_the_wheel_holds_the_package_whole(in_wheel: set[str]) -> None:
    of_the_package = {
        file.relative_to(PACKAGE.parent).as_posix()
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert {name for name in in_wheel if ".dist-info/" not in name} == of_the_package
    assert "kafka_mirror_exporter/py.typed" in in_wheel
    assert {PurePosixPath(name).suffix for name in in_wheel if "/web/" in name} >= {".css", ".html", ".js"}


def test_the_wheel_brings_its_licence_and_nothing_else_along(in_wheel: set[str], version: str) -> None:
    info = f"kafka_mirror_exporter-{version}.dist-info"
    roots = {name.split("/")[0] for name in in_wheel}

    assert roots == {"kafka_mirror_exporter", info}
    assert f"{info}/licenses/LICENSE" in in_wheel


def test_it_says_of_itself_what_it_needs_and_where_it_runs(metadata: Message, version: str) -> None:
    assert metadata["Version"] == version
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert len(metadata.get_all("Requires-Dist", [])) == 12
    assert metadata.get_payload() == (ROOT / "README.md").read_text()


def test_the_source_distribution_builds_the_same_and_holds_rules_boards_and_tests(
    sdist: Path, in_wheel: set[str], version: str
) -> None:
    root = f"kafka_mirror_exporter-{version}"
    with tarfile.open(sdist) as packed:
        names = {name.removeprefix(f"{root}/") for name in packed.getnames()}

    assert {f"exporter/{name}" for name in in_wheel if ".dist-info/" not in name} <= names
    assert {
        "alerts/kafka-mirror-exporter.rules.yaml", "alerts/runbooks/README.md", "dashboards/kafka-mirror-topic.json",
        "docs/measuring.md", "tests/rig/real_stand.py", "requirements.txt", "SECURITY.md",
    } <= names  # fmt: skip
    assert [name for name in names if "__pycache__" in name or name.startswith(".venv")] == []
