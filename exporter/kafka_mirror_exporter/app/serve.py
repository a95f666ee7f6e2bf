"""serve: the exporter and its web pages until a signal ends them; a reload on SIGHUP or by POST."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from starlette.middleware import Middleware

from kafka_mirror_exporter import __version__
from kafka_mirror_exporter.app.exporter import Exporter
from kafka_mirror_exporter.app.mirror import CLOCKS
from kafka_mirror_exporter.config import Config, load_config
from kafka_mirror_exporter.config.yaml_loader import load_yaml
from kafka_mirror_exporter.errors import ConfigError, Fault
from kafka_mirror_exporter.web.auth import Guard
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.security import WebSecurity
from kafka_mirror_exporter.web.server import bound_port, listening_socket, serve_until
from kafka_mirror_exporter.web.site import Site

_log = logging.getLogger(__name__)


class Service:
    """Everything `serve` runs, joined; `config_file` is None where there is nothing to reload."""

    def __init__(
        self,
        config: Config,
        *,
        config_file: Path | None = None,
        listen_address: str | None = None,
        web_config_file: Path | None = None,
        has_lifecycle: bool = False,
    ) -> None:
        self._config_file = config_file
        self._reloading = threading.Lock()
        self.listener = listening_socket(listen_address or config.web.listen_address)
        try:
            self.exporter = Exporter(config)
            self._security = _security(web_config_file)
        except BaseException:
            self.listener.close()
            raise
        site = Site(
            latest=self.exporter.latest,
            exposition=self.exporter.exposition,
            mirrors=lambda: self.exporter.mirrors,
            poll_interval=lambda: self.exporter.config.poll.interval,
            is_ready=lambda: self.exporter.is_ready,
            reload=self.reload if has_lifecycle else None,
            clock=time.time,
            monotonic=CLOCKS.monotonic,
            version=__version__,
            instance=lambda: self.exporter.instance,
        )
        guards = [Middleware(Guard, current=self._security.current)] if self._security else []
        self._app = create_app(site, middleware=guards)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return bound_port(self.listener)

    def reload(self) -> None:
        """Reads the configuration again; a bad one leaves the running one in force and raises."""
        if self._config_file is None:
            raise ConfigError([Fault(path="", sentence="there is no configuration file to read again")])
        with self._reloading:
            try:
                loaded = load_config(self._config_file)
                for warning in loaded.warnings:
                    _log.warning("%s", warning)
                self.exporter.reload(loaded.config)
            except ConfigError as failure:
                self.exporter.exposition.record_reload(is_successful=False, at=time.time())
                _log.error("the configuration stays as it was: %s", "; ".join(map(str, failure.faults)))
                raise
            self.exporter.exposition.record_reload(is_successful=True, at=time.time())
            _log.info("the configuration was read again")

    def reload_quietly(self) -> None:
        """A reload that nobody waits for: its faults are in the log and in the metrics."""
        try:
            self.reload()
        except ConfigError:
            return

    async def run(self, stop: asyncio.Event) -> None:
        """Polls and serves until `stop` is set; ready turns to 503 first."""
        self.exporter.start()
        serving = asyncio.create_task(
            serve_until(
                stop,
                app=self._app,
                listener=self.listener,
                tls=self._security.tls() if self._security else None,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        self.exporter.is_stopping = True
        stopping.cancel()
        closing = asyncio.create_task(asyncio.to_thread(self.exporter.close))
        await asyncio.wait({serving}, timeout=3.0)
        await asyncio.wait({closing}, timeout=2.0)


def _security(web_config_file: Path | None) -> WebSecurity | None:
    if web_config_file is None:
        return None
    return WebSecurity(
        web_config_file, read_document=lambda path: load_yaml(path)[0], monotonic=CLOCKS.monotonic
    )


def serve(service: Service, *, on_listening: Callable[[int], None]) -> None:
    """Runs a service in the main thread until SIGTERM or SIGINT, then ends the process at once.

    Whatever still hangs in a client's thread is left behind: a process that waited for it would not end.
    """

    async def main() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: threading.Thread(target=service.reload_quietly, daemon=True).start()
        )
        gc.freeze()
        on_listening(service.port)
        await service.run(stop)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    asyncio.run(main())
