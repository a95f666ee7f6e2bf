"""The supported Pythons of a machine: the running one, those on the path, and pyenv's."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")


def found_pythons() -> Mapping[str, str]:
    """The interpreter for each supported version that is there; the running one comes first."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {running: sys.executable}
    for version in SUPPORTED:
        interpreter = next(filter(_runs, _candidates(version)), None)
        if interpreter is not None:
            found.setdefault(version, interpreter)
    return found


def _candidates(version: str) -> Iterator[str]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))


def _runs(interpreter: str) -> bool:
    """Whether it really is one: pyenv's shims of versions that are not chosen end with an error."""
    asked = subprocess.run([interpreter, "-c", "import venv"], check=False, capture_output=True)
    return asked.returncode == 0
