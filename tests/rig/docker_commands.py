"""What a docker command in the documentation must be like; podman and podman-compose know the same subcommands and options."""

import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import click

from kafka_mirror_exporter import cli

from rig.composed import services
from rig.prometheus import program

_IMAGE = "kafka-mirror-exporter"
_PODMAN_COMPOSE = str(Path(sys.executable).parent / "podman-compose")


def check_docker(words: Sequence[str]) -> None:
    """Fails with an `AssertionError` that says what is wrong with the words after `docker`."""
    subcommand, *rest = words
    if subcommand == "compose":
        _check_compose(*rest)
        return
    assert subcommand in ("build", "run"), f"docker {subcommand} is not known here"
    options = rest[: rest.index(_IMAGE)] if subcommand == "run" else rest
    _check_options(options, _help_of(program("podman"), subcommand))
    if subcommand == "run":
        _check_own(rest[rest.index(_IMAGE) + 1 :])


def _check_compose(subcommand: str, *rest: str) -> None:
    _check_options(rest, _help_of(_PODMAN_COMPOSE, subcommand))
    named = {word for word in rest if not word.startswith("-")}
    assert named <= services().keys(), f"the compose file has no {named - services().keys()}"


def _check_options(words: Sequence[str], known: str) -> None:
    for option in (word.partition("=")[0] for word in words if word.startswith("-")):
        single = option[1:] if re.fullmatch(r"-[a-z]+", option) else ""
        for name in [f"-{letter}" for letter in single] or [option]:
            assert re.search(rf"(?<![\w-]){re.escape(name)}\b", known), f"there is no {name}"


@cache
def _help_of(tool: str, subcommand: str) -> str:
    asked = subprocess.run(
        [tool, subcommand, "--help"], capture_output=True, text=True, check=False, timeout=30
    )
    assert asked.returncode == 0, f"there is no {subcommand}: {asked.stderr}"
    return asked.stdout


def _check_own(words: Sequence[str]) -> None:
    """What is given to the image, as click understands it."""
    name, *arguments = words
    command = cli._root.get_command(click.Context(cli._root), name)
    assert command is not None, f"there is no command {name}"
    try:
        command.make_context(name, arguments)
    except click.ClickException as refusal:
        raise AssertionError(refusal.format_message()) from refusal
