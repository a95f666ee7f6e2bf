"""Reads a configuration file and reports all its faults at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kafka_mirror_exporter.config.advice import warnings_about
from kafka_mirror_exporter.config.client_properties import refusal
from kafka_mirror_exporter.config.clusters import ClusterConfig, SourceConfig, TargetConfig
from kafka_mirror_exporter.config.faults import faults_of
from kafka_mirror_exporter.config.models import Config
from kafka_mirror_exporter.config.yaml_loader import KeyPath, load_yaml, render_path
from kafka_mirror_exporter.errors import ConfigError, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A configuration, where it came from, and what is allowed in it but probably not meant.

    `lines` says in which line of the file a key path stands.
    """

    config: Config
    warnings: tuple[str, ...] = ()
    path: Path | None = None
    lines: Mapping[str, int] = field(default_factory=dict)


def load_config(path: Path) -> LoadedConfig:
    """The configuration in a file; `ConfigError` with every fault if it cannot be used."""
    content, lines = load_yaml(path)
    return _checked(content, lines, path)


def readable_clusters(path: Path) -> list[tuple[KeyPath, ClusterConfig]]:
    """The clusters of a file that are in order by themselves, whatever else is wrong in it, with their place.

    What only librdkafka and the file system can tell of them is told together with the file's other faults.
    """
    content, _ = load_yaml(path)
    found: list[tuple[KeyPath, ClusterConfig]] = []
    for place, cluster in _clusters(_resolved(content, path.parent)) if isinstance(content, dict) else ():
        taken = {name: value for name, value in cluster.items() if name != "client"}
        client = {n: v for n, v in _properties(cluster, "client").items() if _refusal(n, "client") is None}
        try:
            kind = SourceConfig if place[-1] == "source" else TargetConfig
            found.append((place, kind.model_validate(taken | {"client": client})))
        except ValidationError:
            continue
    return found


def config_from_addresses(source: str, target: str) -> Config:
    """The configuration of one mirror of which nothing but bootstrap addresses is known."""
    content = {
        "mirrors": [{"source": {"bootstrap_servers": source}, "target": {"bootstrap_servers": target}}],
    }
    return _checked(content, {}, None).config


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    schema = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _checked(content: Any, lines: Mapping[KeyPath, int], path: Path | None) -> LoadedConfig:
    file = str(path) if path else ""
    if not isinstance(content, dict):
        raise ConfigError(
            [Fault(path="", sentence="must be a mapping that begins with `mirrors`", file=file)]
        )
    faults = _client_faults(content, lines, file)
    try:
        config = Config.model_validate(_resolved(content, path.parent if path else Path()))
    except ValidationError as error:
        faults += faults_of(error, lines, file=file)
    if faults:
        raise ConfigError(sorted(faults, key=lambda fault: (fault.line, fault.path)))
    return LoadedConfig(
        config=config,
        warnings=tuple(warnings_about(config)),
        path=path,
        lines={render_path(place): line for place, line in lines.items()},
    )


def _clusters(content: Mapping[str, Any]) -> list[tuple[KeyPath, dict[str, Any]]]:
    """Whatever looks like a cluster in a file that was not checked yet."""
    found: list[tuple[KeyPath, dict[str, Any]]] = []
    mirrors = content.get("mirrors")
    for at, mirror in enumerate(mirrors if isinstance(mirrors, list) else ()):
        for side in ("source", "target"):
            cluster = mirror.get(side) if isinstance(mirror, dict) else None
            if isinstance(cluster, dict):
                found.append((("mirrors", at, side), cluster))
    return found


def _client_faults(content: Mapping[str, Any], lines: Mapping[KeyPath, int], file: str) -> list[Fault]:
    faults = []
    for place, cluster in _clusters(content):
        for section in ("client", "client_secrets"):
            for name in _properties(cluster, section):
                sentence = _refusal(name, section)
                if (
                    sentence is None
                    and section == "client_secrets"
                    and name in _properties(cluster, "client")
                ):
                    sentence = "stands in `client` too: keep one of them"
                if sentence is not None:
                    path = (*place, section, str(name))
                    faults.append(
                        Fault(path=render_path(path), sentence=sentence, file=file, line=lines.get(path, 0))
                    )
    return faults


def _refusal(name: object, section: str) -> str | None:
    return refusal(str(name), is_secret_place=section == "client_secrets")


def _properties(cluster: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """What a section of a cluster sets, if it is one."""
    properties = cluster.get(section)
    return properties if isinstance(properties, dict) else {}


def _resolved(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The content with relative paths made relative to the folder of the file."""
    resolved = dict(content)
    state_file = resolved.get("state_file")
    if isinstance(state_file, str) and state_file != "none":
        resolved["state_file"] = str(folder / state_file)
    notify = resolved.get("notify")
    if isinstance(notify, dict):
        resolved["notify"] = notify | {
            key: [_resolved_receiver(receiver, folder) for receiver in notify[key]]
            for key in ("webhooks", "alertmanagers")
            if isinstance(notify.get(key), list)
        }
    mirrors = resolved.get("mirrors")
    if isinstance(mirrors, list):
        resolved["mirrors"] = [_resolved_mirror(mirror, folder) for mirror in mirrors]
    return resolved


def _resolved_mirror(mirror: Any, folder: Path) -> Any:
    if not isinstance(mirror, dict):
        return mirror
    resolved = dict(mirror)
    for side in ("source", "target"):
        cluster = mirror.get(side)
        secrets = cluster.get("client_secrets") if isinstance(cluster, dict) else None
        if isinstance(cluster, dict) and isinstance(secrets, dict):
            resolved[side] = cluster | {
                "client_secrets": {name: _resolved_secret(place, folder) for name, place in secrets.items()}
            }
    return resolved


def _resolved_receiver(receiver: Any, folder: Path) -> Any:
    if not isinstance(receiver, dict):
        return receiver
    resolved = dict(receiver)
    for key in ("secret", "password", "bearer_token"):
        if key in receiver:
            resolved[key] = _resolved_secret(receiver[key], folder)
    if isinstance(receiver.get("ca_file"), str):
        resolved["ca_file"] = str(folder / receiver["ca_file"])
    return resolved


def _resolved_secret(place: Any, folder: Path) -> Any:
    if isinstance(place, dict) and isinstance(place.get("file"), str):
        return place | {"file": str(folder / place["file"])}
    return place
