"""config check, config schema."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from kafka_mirror_exporter.clusters import try_property
from kafka_mirror_exporter.config import (
    ClusterConfig,
    json_schema,
    load_config,
    read_secrets,
    readable_clusters,
)
from kafka_mirror_exporter.config.yaml_loader import KeyPath, load_yaml, render_path
from kafka_mirror_exporter.errors import ConfigError, Fault

_NOT_TAKEN = "has a value that librdkafka does not take"


@click.group("config")
def command() -> None:
    """Validates a configuration file, or prints its JSON Schema."""


@command.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--config.file", "config_file", type=click.Path(path_type=Path), help="The configuration.")
def check(*, file: Path | None, config_file: Path | None) -> None:
    """Says every fault of a file on a line of its own, or that there is none."""
    path = file or config_file
    if path is None or (file is not None and config_file is not None):
        raise click.UsageError("name one file: config check FILE")
    faults = _faults_of_clusters(path)
    try:
        loaded = load_config(path)
    except ConfigError as failure:
        faults += failure.faults
    if faults:
        raise ConfigError(sorted(set(faults), key=lambda fault: (fault.line, fault.path)))
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{path}: in order")


def _faults_of_clusters(path: Path) -> list[Fault]:
    lines = {render_path(place): line for place, line in load_yaml(path)[1].items()}
    return [
        replace(fault, file=str(path), line=lines.get(fault.path, 0))
        for place, cluster in readable_clusters(path)
        for fault in _cluster_faults(cluster, place)
    ]


def _cluster_faults(cluster: ClusterConfig, place: KeyPath) -> list[Fault]:
    """What only librdkafka and the file system can tell."""
    faults = _property_faults(cluster.client, (*place, "client"))
    try:
        faults += _property_faults(read_secrets(cluster), (*place, "client_secrets"))
    except ConfigError as failure:
        faults += [
            replace(fault, path=render_path(place) + fault.path.removeprefix(cluster.alias))
            for fault in failure.faults
        ]
    return faults


def _property_faults(properties: Mapping[str, str], place: KeyPath) -> list[Fault]:
    faults = []
    for name, value in properties.items():
        sentence = try_property(name, value)
        if sentence is not None:
            # librdkafka quotes what it does not take, and that may be a secret.
            shown = sentence if name in sentence and value not in sentence else _NOT_TAKEN
            faults.append(Fault(path=render_path((*place, name)), sentence=shown))
    return faults


@command.command("schema")
def schema() -> None:
    """Prints the JSON Schema of the configuration file."""
    json.dump(json_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
