"""config check, config schema."""

import json
import sys
from pathlib import Path

import click

from kafka_mirror_exporter.clusters import try_property
from kafka_mirror_exporter.config import ClusterConfig, json_schema, load_config, read_secrets
from kafka_mirror_exporter.errors import ConfigError, Fault


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
    loaded = load_config(path)
    faults: list[Fault] = []
    for at, mirror in enumerate(loaded.config.mirrors):
        for side, cluster in (("source", mirror.source), ("target", mirror.target)):
            faults += _cluster_faults(cluster, f"mirrors[{at}].{side}", str(path))
    if faults:
        raise ConfigError(faults)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{path}: in order")


def _cluster_faults(cluster: ClusterConfig, place: str, file: str) -> list[Fault]:
    """What only librdkafka and the file system can tell."""
    faults = []
    for name, value in cluster.client.items():
        sentence = try_property(name, str(value).lower() if isinstance(value, bool) else str(value))
        if sentence is not None:
            faults.append(Fault(path=f'{place}.client["{name}"]', sentence=sentence, file=file))
    try:
        read_secrets(cluster)
    except ConfigError as failure:
        for fault in failure.faults:
            path = place + fault.path.removeprefix(cluster.alias)
            faults.append(Fault(path=path, sentence=fault.sentence, file=file))
    return faults


@command.command("schema")
def schema() -> None:
    """Prints the JSON Schema of the configuration file."""
    json.dump(json_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
