"""Containers without a registry and a daemon: a base image made of Debian's packages, buildah, podman, and storage of our own."""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rig.fetched import cache_folder
from rig.prometheus import program

ROOT = Path(__file__).resolve().parents[2]
# Debian's own Python stands in for the base image, which lies in a registry: the same Debian, the same Python 3.13, and
# where the other has its pip there is something that looks like it.
_BASE_RECIPE = (
    "--variant=minbase",
    "--include=python3,python3-venv,python3-pip,ca-certificates",
    '--customize-hook=cd "$1/usr/local"; mkdir -p lib/python3.13/ensurepip lib/python3.13/site-packages/pip; touch bin/pip3',
    "trixie",
)
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP_CONFIG = Path("/etc/pip.conf")


@cache
def _home() -> Path:
    home = cache_folder("containers")
    (home / "containers.conf").write_text(
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
    )
    (home / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{home}/images"\nrunroot = "{home}/run"\n'
    )
    return home


def environment() -> dict[str, str]:
    """What makes podman, buildah and podman-compose work on these images."""
    home = _home()
    return os.environ | {
        "CONTAINERS_CONF": str(home / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
    }


def run(*command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """One command of podman or buildah to its end, whatever that is."""
    return subprocess.run(
        [program(command[0]), *command[1:]],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def done(*command: str, seconds: float = 60) -> str:
    """What a command said that must succeed."""
    ended = run(*command, seconds=seconds)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)}: {ended.stderr[-3_000:]}{ended.stdout[-1_000:]}")
    return ended.stdout.strip()


@cache
def base_image() -> str:
    """The name of the base image, which is made where it is missing."""
    key = hashlib.sha256(" ".join(_BASE_RECIPE).encode()).hexdigest()[:12]
    name = f"localhost/base:{key}"
    if run("podman", "image", "exists", name).returncode:
        tar = _home() / f"base-{key}.tar"
        done("mmdebstrap", *_BASE_RECIPE, str(tar), seconds=900)
        done("podman", "import", str(tar), name, seconds=300)
        tar.unlink()
    return name


def _mounts() -> list[str]:
    """Where packages come through a private authority, pip is told so during the build; the image has nothing of it."""
    return [f"--volume={path}:{path}:ro" for path in (_CERTIFICATES, _PIP_CONFIG) if path.is_file()]


def build_image(tag: str, *, arguments: Sequence[str] = ()) -> str:
    """Builds the Dockerfile of the checkout and returns the name."""
    name = f"localhost/kafka-mirror-exporter:{tag}"
    done(
        "buildah", "bud", "--isolation=chroot", "--format=docker", "--pull-never", *_mounts(),
        f"--build-arg=BASE_IMAGE={base_image()}", *(f"--build-arg={argument}" for argument in arguments),
        "--tag", name, str(ROOT), seconds=900,
    )  # fmt: skip
    # What the name meant before.
    done("podman", "image", "prune", "--force")
    return name


def inspect(image: str) -> dict[str, Any]:
    """All that is written down of an image."""
    (said,) = json.loads(done("podman", "image", "inspect", image))
    return said
