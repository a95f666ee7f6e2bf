"""What a release consists of, built once, and every supported Python that this machine has."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rig.pages import ROOT
from rig.pythons import SUPPORTED, found_pythons

PYTHONS = found_pythons()


def pytest_report_header() -> list[str]:
    """Says which Pythons a release is tried on, and which are missing here."""
    missing = [version for version in SUPPORTED if version not in PYTHONS]
    return [
        f"release: tried on Python {', '.join(PYTHONS)}; not on this machine: {', '.join(missing) or 'none'}"
    ]


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    output = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return output


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (wheel,) = dist.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    (sdist,) = dist.glob("*.tar.gz")
    return sdist


@pytest.fixture(scope="session")
def version() -> str:
    """The one place where it is written."""
    text = (ROOT / "exporter/kafka_mirror_exporter/__init__.py").read_text()
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return version
