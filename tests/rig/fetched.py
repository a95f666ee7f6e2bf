"""Things that are made or fetched once on a machine, and kept outside the checkout by name and content."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Where things of a kind are kept."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "kafka-mirror-exporter" / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept(name: str, make: Callable[[Path], object], *, kind: str = "ship") -> Path:
    """The folder of this name, which `make` fills at the first call; whoever comes meanwhile waits."""
    cache = cache_folder(kind)
    folder = cache / name
    with (cache / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                beside = Path(scratch) / "made"
                beside.mkdir()
                make(beside)
                shutil.move(beside, folder)
    return folder


def run(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The output of a command that must succeed; raises with the end of what it said."""
    ended = subprocess.run(
        [str(word) for word in command],
        check=False, capture_output=True, text=True, cwd=cwd, env=os.environ | dict(env or {}),
    )  # fmt: skip
    if ended.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {ended.stdout[-1_000:]}{ended.stderr[-2_000:]}")
    return ended.stdout
