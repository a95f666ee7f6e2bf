"""The licence of everything that is installed with the exporter is one that asks nothing of its users."""

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from rig.pages import ROOT

ALLOWED = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0"}
)
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_SPDX_WORDS = {"AND", "OR"}
# Needed on Windows alone, so not installed here; looked up by hand: Apache-2.0.
_NOT_HERE = {"tzdata"}


def locked() -> list[str]:
    """Every package that the image and a locked installation hold."""
    return re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


def licences(*, expression: str | None, classifiers: Iterable[str]) -> set[str]:
    """SPDX names, from the expression or, where there is none, from the classifiers; unknown ones as they are."""
    if expression:
        return {word for word in re.split(r"[\s()]+", expression) if word and word not in _SPDX_WORDS}
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    return {_CLASSIFIERS.get(name, name) for name in names if name != "OSI Approved"}


def licences_of(package: str) -> set[str]:
    told = metadata(package)
    classifiers = told.get_all("Classifier") or []
    expression = told.get("License-Expression")
    by_metadata = licences(expression=expression, classifiers=classifiers)
    # Older metadata: a single word in the free field, used where nothing better is there.
    return by_metadata or {(told.get("License") or "none named").strip()}


@pytest.mark.parametrize("package", locked())
def test_a_dependency_may_be_shipped(package: str) -> None:
    if package in _NOT_HERE:
        with pytest.raises(PackageNotFoundError):
            metadata(package)
        return

    found = licences_of(package)

    assert found
    assert found <= ALLOWED, f"{package}: {found - ALLOWED}"


def test_all_dependencies_are_looked_at() -> None:
    assert {"confluent-kafka", "pydantic", "uvicorn", "certifi"} <= set(locked())
    assert len(locked()) > 20


@pytest.mark.parametrize(
    ("expression", "classifiers", "is_allowed"),
    [
        ("MIT OR Apache-2.0", [], True),
        ("(MIT AND BSD-3-Clause)", [], True),
        ("AGPL-3.0-only", ["License :: OSI Approved :: MIT License"], False),
        ("MIT AND GPL-2.0-or-later", [], False),
        (None, ["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"], False),
        (None, ["License :: Other/Proprietary License"], False),
        (None, ["License :: OSI Approved", "License :: OSI Approved :: BSD License"], True),
    ],
)
def test_what_asks_for_more_is_told_apart(
    expression: str | None,
    classifiers: list[str],
    is_allowed: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert (licences(expression=expression, classifiers=classifiers) <= ALLOWED) is is_allowed
