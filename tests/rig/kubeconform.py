"""Strict schemas of Kubernetes and of the Prometheus Operator, and kubeconform, which holds manifests against them."""

import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rig.fetched import kept, run
from rig.go_tools import go_tool
from rig.helm import HIGHEST, LOWEST, wheels

_TYPES = Path(__file__).with_name("go") / "operator-types"
_OPERATOR = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"
_CONTROLLER_GEN = "v0.23.0"
_DEFINITION = re.compile(r"^.*#/\$defs/")
_OPERATOR_KINDS = ("alertmanagerconfigs", "podmonitors", "prometheusrules", "servicemonitors")
_KINDS = (
    "configmap-v1", "deployment-apps-v1", "networkpolicy-networking-v1", "persistentvolumeclaim-v1", "pod-v1",
    "poddisruptionbudget-policy-v1", "secret-v1", "service-v1", "serviceaccount-v1",
)  # fmt: skip


class _Loader(yaml.SafeLoader):
    """Takes a lone equals sign for text."""


_Loader.add_constructor("tag:yaml.org,2002:value", yaml.SafeLoader.construct_yaml_str)


@cache
def operator_crds() -> Path:
    """A folder with the operator's definitions, made from the operator's own types."""
    digest = hashlib.sha256((_TYPES / "go.sum").read_bytes() + _CONTROLLER_GEN.encode()).hexdigest()[:12]
    return kept(f"operator-crds-{digest}", _make_crds)


def _make_crds(folder: Path) -> None:
    generator = go_tool("sigs.k8s.io/controller-tools/cmd/controller-gen", _CONTROLLER_GEN)
    for version in ("v1", "v1alpha1"):
        paths, output = f"paths={_OPERATOR}/{version}", f"output:crd:dir={folder}"
        run([generator, "crd:crdVersions=v1", paths, output], cwd=_TYPES, env={"GOFLAGS": "-mod=readonly"})
    for file in folder.iterdir():
        if file.stem.split("_")[-1] not in _OPERATOR_KINDS:
            file.unlink()


@cache
def schemas() -> Path:
    """A folder with one schema for each kind, of the lowest and of the highest Kubernetes."""
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    return kept(f"schemas-{made_by}-{operator_crds().name}-{wheels().name}", _make_schemas)


def _make_schemas(folder: Path) -> None:
    (wheel,) = wheels().glob("kubernetes_validate-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        for version in (LOWEST, HIGHEST):
            inside = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict"
            (folder / f"v{version}").mkdir()
            definitions = json.loads(packed.read(f"{inside}/_definitions.json"))["$defs"]
            for kind in _KINDS:
                schema = _standalone(json.loads(packed.read(f"{inside}/{kind}.json")), definitions)
                (folder / f"v{version}" / f"{kind}.json").write_text(json.dumps(schema))
    for name, schema in _operator_schemas():
        (folder / f"{name}.json").write_text(json.dumps(schema))


def _standalone(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with all that it refers to inside."""
    needed: dict[str, Any] = {}
    waiting: list[str] = []
    whole = _referring({k: v for k, v in schema.items() if k not in ("$schema", "$id")}, waiting)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = _referring(definitions[name], waiting)
    return whole | {"definitions": needed}


def _referring(part: Any, names: list[str]) -> Any:
    if isinstance(part, list):
        return [_referring(below, names) for below in part]
    if not isinstance(part, dict):
        return part
    made = {key: _referring(below, names) for key, below in part.items() if key != "$ref"}
    if isinstance(reference := part.get("$ref"), str):
        names.append(_DEFINITION.sub("", reference))
        made["$ref"] = f"#/definitions/{names[-1]}"
    return made


def _operator_schemas() -> Iterator[tuple[str, Any]]:
    for kind in _OPERATOR_KINDS:
        file = operator_crds() / f"monitoring.coreos.com_{kind}.yaml"
        spec = yaml.load(file.read_text(), _Loader)["spec"]  # noqa: S506  # a safe loader
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            yield f"{spec['names']['kind'].lower()}-{version['name']}", schema


def _strict(part: Any) -> Any:
    """The definition with every unknown key refused."""
    if isinstance(part, list):
        return [_strict(below) for below in part]
    if not isinstance(part, dict):
        return part
    made = {key: _strict(below) for key, below in part.items()}
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    is_open = made.get("x-kubernetes-preserve-unknown-fields", False)
    if made.get("type") == "object" and "properties" in made and not is_open:
        made.setdefault("additionalProperties", False)
    return made


def check_manifests(text: str, *, kubernetes: str) -> str:
    """What kubeconform finds wrong, and nothing where all is in order."""
    locations = (f"{schemas()}/v{kubernetes}", str(schemas()))
    files = ("{{.ResourceKind}}{{.KindSuffix}}.json", "{{.ResourceKind}}-{{.ResourceAPIVersion}}.json")
    program = go_tool("github.com/yannh/kubeconform/cmd/kubeconform", "v0.8.0")
    told = [
        word
        for at, file in zip(locations, files, strict=True)
        for word in ("-schema-location", f"{at}/{file}")
    ]
    done = subprocess.run(
        [str(program), "-strict", "-kubernetes-version", kubernetes, *told],
        input=text, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode == 0) == (not done.stdout), done.stderr
    return done.stdout
