"""demo: a mirror to break, and the exporter watching it."""

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Protocol

import click

from kafka_mirror_exporter.app.serve import Service
from kafka_mirror_exporter.cli.logs import configure_logging
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.demo.control import Control
from kafka_mirror_exporter.demo.prometheus import find_monitoring
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, SOURCE_GROUPS, TARGET_ALIAS, TARGET_GROUPS, Stand
from kafka_mirror_exporter.errors import ConfigError, Fault

_RIG = Path(__file__).resolve().parents[3] / "tests"


class _Stand(Protocol):
    source: str
    target: str

    def press(self, name: str, *, topic: str = ..., group: str = ..., rate: float = ...) -> str: ...

    def state(self) -> str: ...

    def close(self) -> None: ...


@click.command("demo")
@click.option(
    "--real", "is_real", is_flag=True, help="Kafka 3.2, Kafka 4.1 and MirrorMaker 2 (from a checkout)."
)
@click.option("--rate", default=200.0, show_default=True, help="Records a second.")
@click.option("--web.listen-address", "listen_address", default="127.0.0.1:10015", show_default=True)
@click.option("--without-offset-syncs", is_flag=True, help="Let the tails of the logs tell the position.")
@click.option("--with-prometheus", is_flag=True, help="Prometheus and Alertmanager, too, with the alerts.")
@click.option("--duration", type=float, help="End after so many seconds.")
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
        service = Service(_config(stand, tail_match_only=without_offset_syncs), listen_address=listen_address)
        _explain(service.port, control.url)
        if monitoring is not None:
            addresses = stack.enter_context(monitoring.run(exporter_port=service.port))
            click.echo("\nPrometheus    {}/alerts\nAlertmanager  {}".format(*addresses))
        asyncio.run(_run(service, duration))


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


def _config(stand: _Stand, *, tail_match_only: bool) -> Config:
    return Config.model_validate(
        {
            "mirrors": [
                {
                    "source": {"alias": SOURCE_ALIAS, "bootstrap_servers": stand.source},
                    "target": {"alias": TARGET_ALIAS, "bootstrap_servers": stand.target},
                    "tool": "any" if tail_match_only else "mirrormaker2",
                    # Embedded brokers cannot list groups: those named here are asked for by name.
                    "groups": {"include": [*SOURCE_GROUPS, *TARGET_GROUPS]},
                }
            ]
        }
    )


def _explain(port: int, control: str) -> None:
    base = f"http://127.0.0.1:{port}"
    click.echo(
        f"""
{SOURCE_ALIAS} -> {TARGET_ALIAS}: a mirror to break, measured every 5 seconds.

  page      {base}/
  metrics   {base}/metrics
  readings  {base}/api/v1/mirrors/{SOURCE_ALIAS}/{TARGET_ALIAS}/partitions

Try, and watch kafka_mirror_drift_seconds:

  curl -X POST '{control}/stall?topic=orders'          # one topic stands still
  curl -X POST '{control}/stall-all'                   # everything stands still
  curl -X POST '{control}/slow?rate=60'                # the mirror cannot keep up
  curl -X POST '{control}/lose?topic=orders'           # records are deleted before they were mirrored
  curl -X POST '{control}/stop-group?group=reporting'  # a group on the target stops reading
  curl -X POST '{control}/clear'                       # all is well again

  curl -s {base}/metrics | grep -E 'drift_seconds|lag_seconds|lost_records'

Ctrl-C ends it."""
    )


async def _run(service: Service, duration: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    if duration is not None:
        loop.call_later(duration, stop.set)
    await service.run(stop)
