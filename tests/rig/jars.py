"""Kafka's jars, by Maven from the committed poms, kept outside the checkout by the pom's content."""

import hashlib
from functools import cache
from pathlib import Path

from rig.fetched import kept, run

_POMS = Path(__file__).parent / "poms"


@cache
def classpath(version: str) -> str:
    """The class path of one Kafka version; fetched at the first call on a machine."""
    pom = _POMS / f"kafka-{version}" / "pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    return f"{kept(f'{version}-{digest}', lambda jars: _fetch(pom, jars), kind='jars')}/*"


def _fetch(pom: Path, jars: Path) -> None:
    fetch = ["mvn", "--quiet", "--batch-mode", "--file", pom, "dependency:copy-dependencies"]
    run([*fetch, f"-DoutputDirectory={jars}"], cwd=jars)
