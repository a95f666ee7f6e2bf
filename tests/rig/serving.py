"""The whole exporter in this process, as `serve` runs it: polling, and answering scrapes on a port of loopback."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kafka_mirror_exporter.app.serve import Service
from kafka_mirror_exporter.config import Config


@contextmanager
def serving(config: Config) -> Iterator[str]:
    """Its `host:port`; it ends with the block."""
    service = Service(config, listen_address="127.0.0.1:0")
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(service.run(stop)), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{service.port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(15)
        loop.close()
