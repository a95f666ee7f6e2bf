"""The renderings that several tests look at: every ci file, by every Helm, for both ends of Kubernetes."""

from pathlib import Path

import pytest

from rig.helm import HIGHEST, LOWEST, MAJORS, ci_files


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `values`, `major` or `kubernetes` is run for all of them."""
    if "values" in metafunc.fixturenames:
        metafunc.parametrize("values", ci_files(), ids=lambda file: file.name.removesuffix("-values.yaml"))
    if "major" in metafunc.fixturenames:
        metafunc.parametrize("major", MAJORS, ids=lambda major: f"helm{major}")
    if "kubernetes" in metafunc.fixturenames:
        metafunc.parametrize("kubernetes", (LOWEST, HIGHEST))


@pytest.fixture
def addresses() -> tuple[str, ...]:
    """The least that must be given."""
    mirror = "config.mirrors[0]"
    return (
        "--set", f"{mirror}.source.bootstrap_servers=old:9092",
        "--set", f"{mirror}.target.bootstrap_servers=new:9092",
    )  # fmt: skip


@pytest.fixture
def values_file(tmp_path: Path) -> Path:
    """A place for values of a test's own."""
    return tmp_path / "values.yaml"
