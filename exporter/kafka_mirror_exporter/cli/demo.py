"""demo: a mirror to break, and the exporter watching it."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import click

from kafka_mirror_exporter.app.serve import Service
from kafka_mirror_exporter.cli.logs import configure_logging
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.demo.control import Control
from kafka_mirror_exporter.demo.keys import keys
from kafka_mirror_exporter.demo.prometheus import find_monitoring
from kafka_mirror_exporter.demo.stand import (
    FAULTS,
    SOURCE_ALIAS,
    SOURCE_GROUPS,
    TARGET_ALIAS,
    TARGET_GROUPS,
    Stand,
    UnknownFault,
)
from kafka_mirror_exporter.errors import ConfigError, Fault

_RIG = Path(__file__).resolve().parents[3] / "tests"


class _Stand(Protocol):
    source: str
    target: str

    @property
    def mirror_settings(self) -> Mapping[str, Any]:
        """What the exporter is told of the mirror besides its clusters."""

    def press(self, name: str, *, topic: str = ..., group: str = ..., rate: float = ...) -> str: ...

    def state(self) -> str: ...

    def close(self) -> None: ...


@click.command("demo")
@click.option(
    "--real", "is_real", is_flag=True, help="Kafka 3.2, Kafka 4.1 and MirrorMaker 2 (from a checkout)."
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=200.0,
    show_default=True,
    help="Records a second.",
)
@click.option("--web.listen-address", "listen_address", default="127.0.0.1:10015", show_default=True)
@click.option("--without-offset-syncs", is_flag=True, help="Let the tails of the logs tell the position.")
@click.option("--with-prometheus", is_flag=True, help="Prometheus and Alertmanager, too, with the alerts.")
@click.option("--duration", type=click.FloatRange(min=0), help="End after so many seconds.")
def command(
    *,
    is_real: bool,
    rate: float,
    listen_address: str,
    without_offset_syncs: bool,
    with_prometheus: bool,
    duration: float | None,
) -> None:
    """A mirror with faults to press, and the exporter watching it, until Ctrl-C."""
    configure_logging("warning", "text")
    monitoring = find_monitoring() if with_prometheus else None
    with ExitStack() as stack:
        stand: _Stand
        if is_real:
            stand = stack.enter_context(_real_stand(rate))
        else:
            stand = stack.enter_context(
                closing(Stand(rate=rate, writes_offset_syncs=not without_offset_syncs))
            )
        control = stack.enter_context(closing(Control(stand)))

        def explain(url: str, port: int) -> None:
            _explain(url, control.url)
            if monitoring is not None:
                addresses = stack.enter_context(monitoring.run(exporter_port=port))
                click.echo("\nPrometheus    {}/alerts\nAlertmanager  {}".format(*addresses))

        _watch(
            _config(stand),
            listen_address=listen_address,
            duration=duration,
            presses=lambda stop: _presses(stand, stop),
            on_listening=explain,
        )


@contextmanager
def _real_stand(rate: float) -> Iterator[_Stand]:
    """The same on real clusters, which live in the tests of a checkout."""
    if not (_RIG / "rig" / "real_stand.py").is_file():
        raise ConfigError(
            [Fault(path="--real", sentence="needs a checkout: the real clusters are part of its tests")]
        )
    sys.path.insert(0, str(_RIG))
    from rig.real_stand import RealStand  # type: ignore[import-not-found]  # noqa: PLC0415  # only in a checkout

    click.echo("starting Kafka 3.2, Kafka 4.1 and MirrorMaker 2; the first time their jars are fetched ...")
    with closing(RealStand(rate=rate)) as stand:
        yield stand


def _config(stand: _Stand) -> Config:
    return Config.model_validate(
        {
            "mirrors": [
                {
                    "source": {"alias": SOURCE_ALIAS, "bootstrap_servers": stand.source},
                    "target": {"alias": TARGET_ALIAS, "bootstrap_servers": stand.target},
                    # Embedded brokers cannot list groups: those named here are asked for by name.
                    "groups": {"include": [*SOURCE_GROUPS, *TARGET_GROUPS]},
                    **stand.mirror_settings,
                }
            ]
        }
    )


def _explain(base: str, control: str) -> None:
    lines = [f"curl -X POST '{control}/{fault.path}'" for fault in FAULTS]
    width = max(map(len, lines))
    to_try = "\n".join(
        f"  {fault.key}  {line:<{width}}  # {fault.effect}" for fault, line in zip(FAULTS, lines, strict=True)
    )
    click.echo(
        f"""
{SOURCE_ALIAS} -> {TARGET_ALIAS}: a mirror to break, measured every 5 seconds.

  page      {base}/
  metrics   {base}/metrics
  readings  {base}/api/v1/mirrors/{SOURCE_ALIAS}/{TARGET_ALIAS}/partitions
  faults    {control}/

Try, by key in this terminal or from another one, and watch kafka_mirror_drift_seconds:

{to_try}

  curl -s {base}/metrics | grep -E 'drift_seconds|lag_seconds|lost_records'

q or Ctrl-C ends it."""
    )


def _presses(stand: _Stand, stop: Callable[[], object]) -> dict[str, Callable[[], object]]:
    """What each key does."""

    def press(name: str) -> None:
        try:
            click.echo(stand.press(name))
        except UnknownFault as failure:
            click.echo(str(failure))

    return {fault.key: partial(press, fault.name) for fault in FAULTS} | {"q": stop}


def _watch(
    config: Config,
    *,
    listen_address: str,
    duration: float | None,
    presses: Callable[[Callable[[], object]], dict[str, Callable[[], object]]],
    on_listening: Callable[[str, int], None],
) -> None:
    """Runs the exporter as `serve` does, until a signal, the key q, or the end of `duration` seconds."""
    service = Service(config, listen_address=listen_address)
    on_listening(_url(service.listener), service.port)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
        if duration is not None:
            loop.call_later(duration, stop.set)
        with keys(presses(lambda: loop.call_soon_threadsafe(stop.set))):
            await service.run(stop)

    asyncio.run(run())


def _url(listener: socket.socket) -> str:
    """An address of this machine by which the listener is reached."""
    host, port = listener.getsockname()[:2]
    if host in ("::", "0.0.0.0"):  # noqa: S104  # compared with, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
