"""The commands: each parses, calls, prints and exits; imported only when it is asked for."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from kafka_mirror_exporter import __version__
from kafka_mirror_exporter.errors import ConfigError, KafkaMirrorExporterError

_COMMANDS = {
    "serve": "Runs the exporter.",
    "check": "Measures a few times and says what is past its threshold.",
    "config": "Validates a configuration file, or prints its JSON Schema.",
    "demo": "A mirror on embedded brokers, with faults to press, and the exporter watching it.",
}
BAD_USAGE, INTERNAL_ERROR, INTERRUPTED = 2, 4, 130


class _LazyGroup(click.Group):
    """Imports a command's module when it is run: serve never imports what draws tables."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"kafka_mirror_exporter.cli.{cmd_name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except OSError:
            _let_go_of_output()
            raise
        return result


def _let_go_of_output() -> None:
    """Spares the interpreter a last attempt to write what nobody takes."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kafka-mirror-exporter")
def _root() -> None:
    """Measures how far a Kafka mirror is behind, for every partition, in records and in seconds."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command and ends the process with its status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_status(given))


def _status(arguments: list[str]) -> int:  # noqa: PLR0911  # one for each way to end
    try:
        status = _root.main(arguments, prog_name="kafka-mirror-exporter", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # click's answer to a closed pipe; its status 1 would be a finding of `check`.
        return INTERRUPTED
    except click.ClickException as failure:
        _complain(failure.format_message())
        return BAD_USAGE
    except ConfigError as failure:
        for fault in failure.faults:
            _complain(str(fault))
        return BAD_USAGE
    except KafkaMirrorExporterError as failure:
        _complain(str(failure))
        return BAD_USAGE
    except Exception as failure:  # noqa: BLE001  # the last place where a failure can be told in one line
        if "--log.level=debug" in arguments or ("--log.level" in arguments and "debug" in arguments):
            traceback.print_exc()
        else:
            why = " ".join(str(failure).split())
            _complain(f"internal error: {type(failure).__name__}: {why}; --log.level debug tells more")
        return INTERNAL_ERROR
    return status if isinstance(status, int) else 0


def _complain(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
