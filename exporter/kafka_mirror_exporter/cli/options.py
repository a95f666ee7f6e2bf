"""Options that several commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic_core import PydanticCustomError

from kafka_mirror_exporter.cli.logs import configure_logging
from kafka_mirror_exporter.config import LoadedConfig, config_from_addresses, load_config
from kafka_mirror_exporter.config.values import parse_duration

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How the clusters were named on the command line."""

    config_file: Path | None
    source: str | None
    target: str | None

    def load(self) -> LoadedConfig:
        """The configuration they stand for; its warnings go to standard error."""
        if self.config_file is not None and (self.source or self.target):
            raise click.UsageError("--config.file and --source/--target exclude each other")
        if self.config_file is None:
            if not (self.source and self.target):
                raise click.UsageError(
                    "name the clusters: --config.file FILE, or --source HOST:PORT --target HOST:PORT"
                )
            return LoadedConfig(config=config_from_addresses(self.source, self.target))
        loaded = load_config(self.config_file)
        for warning in loaded.warnings:
            click.echo(f"warning: {warning}", err=True)
        return loaded


def cluster_options(command: Command) -> Command:
    """Adds --config.file, --source and --target; the command gets them as `clusters`."""

    @click.option("--config.file", "config_file", type=click.Path(path_type=Path), help="The configuration.")
    @click.option("--source", help="Bootstrap address of the source, without a file.")
    @click.option("--target", help="Bootstrap address of the target, without a file.")
    @wraps(command)
    def wrapped(*, config_file: Path | None, source: str | None, target: str | None, **rest: Any) -> Any:
        return command(clusters=ClusterOptions(config_file=config_file, source=source, target=target), **rest)

    return wrapped


def log_options(command: Command) -> Command:
    """Adds --log.level and --log.format, and sets logging up."""

    @click.option(
        "--log.level",
        "log_level",
        default="info",
        show_default=True,
        type=click.Choice(["debug", "info", "warning", "error"]),
        help="What is logged.",
    )
    @click.option(
        "--log.format",
        "log_format",
        default="text",
        show_default=True,
        type=click.Choice(["text", "json"]),
        help="How it is logged.",
    )
    @wraps(command)
    def wrapped(*, log_level: str, log_format: str, **rest: Any) -> Any:
        configure_logging(log_level, log_format)
        return command(**rest)

    return wrapped  # fmt: skip


def output_option(command: Command) -> Command:
    """Adds --output."""
    return click.option(
        "--output", default="table", show_default=True, type=click.Choice(["table", "json"]), help="For whom."
    )(command)


def duration(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """A callback for options that are durations."""
    if value is None:
        return None
    try:
        return parse_duration(value)
    except PydanticCustomError as failure:
        raise click.BadParameter(failure.message(), param=parameter) from failure
