"""The real server on a free port of the loopback, in a thread that ends with the test."""

import asyncio
import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from kafka_mirror_exporter.web.server import bound_port, listening_socket, serve_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    port: int
    tls: ssl.SSLContext | None

    def ask(self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.tls)
            if self.tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        )
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=named, body=body)


@contextmanager
def running(
    app: ASGIApp,
    *,
    tls: ssl.SSLContext | None = None,
    client_tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Running]:
    listener = listening_socket(f"127.0.0.1:{port}")
    port = bound_port(listener)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def serve() -> None:
        loop.run_until_complete(serve_until(stop, app=app, listener=listener, tls=tls))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Running(port=port, tls=client_tls)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
