"""Tools that are built with Go, at a fixed version, once on a machine."""

import fcntl
import os
import subprocess
from pathlib import Path

from rig.prometheus import program


def go_tool(module: str, version: str) -> Path:
    """The program that a main package becomes; built at the first call."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kafka-mirror-exporter" / "go"
    cache.mkdir(parents=True, exist_ok=True)
    name = module.rsplit("/", 1)[-1]
    folder = cache / f"{name}-{version}"
    with (cache / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).is_file():
            _build(f"{module}@{version}", folder)
    return folder / name


def _build(package: str, folder: Path) -> None:
    built = subprocess.run(
        [program("go"), "install", package],
        check=False, capture_output=True, text=True, env=os.environ | {"GOBIN": str(folder)},
    )  # fmt: skip
    if built.returncode != 0:
        raise RuntimeError(f"{package} could not be built: {built.stderr[-2_000:]}")
