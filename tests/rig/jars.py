"""Kafka's jars, by Maven from the committed poms, kept outside the checkout by the pom's content."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_POMS = Path(__file__).parent / "poms"


@cache
def classpath(version: str) -> str:
    """The class path of one Kafka version; fetched at the first call on a machine."""
    pom = _POMS / f"kafka-{version}" / "pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kafka-mirror-exporter" / "jars"
    root.mkdir(parents=True, exist_ok=True)
    jars = root / f"{version}-{digest}"
    with (root / f".{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(pom, jars)
    return f"{jars}/*"


def _fetch(pom: Path, jars: Path) -> None:
    with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
        beside = Path(scratch) / "jars"
        fetched = subprocess.run(
            [
                "mvn", "--quiet", "--batch-mode", "--file", str(pom),
                "dependency:copy-dependencies", f"-DoutputDirectory={beside}",
            ],
            check=False, capture_output=True, text=True, cwd=scratch,
        )  # fmt: skip
        if fetched.returncode != 0:
            raise RuntimeError(
                f"Maven could not bring Kafka's jars: {fetched.stdout[-2_000:]}{fetched.stderr[-500:]}"
            )
        shutil.move(beside, jars)
