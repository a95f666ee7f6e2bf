"""The version stands in one place; everything else takes it from there."""

import re
import subprocess
import tomllib
from pathlib import Path

from rig.pages import ROOT

ONE_PLACE = Path("exporter/kafka_mirror_exporter/__init__.py")
# Others' versions, or texts of the past, that may happen to look alike.
_APART = ("CHANGELOG.md", "requirements.txt", "requirements-dev.txt", "tests/", "docs/configuration.md")


def test_the_build_reads_it_from_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == str(ONE_PLACE)


def test_no_other_file_assigns_it(version: str) -> None:
    tracked = subprocess.run(["git", "ls-files"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    pattern = re.compile(rf"(?i)version(?:__)?\W{{1,6}}{re.escape(version)}\b")
    found = [
        name
        for name in tracked.split()
        if Path(name).suffix in (".md", ".py", ".toml", ".yaml", ".yml", "") and not name.startswith(_APART)
        if (ROOT / name).is_file() and pattern.search((ROOT / name).read_text(errors="ignore"))
    ]

    # A chart names the version of the image that it was made for; that they agree is its own tests' business.
    assert [name for name in found if not name.startswith("helm/")] == [str(ONE_PLACE)]


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert sections[0] == "Unreleased"
