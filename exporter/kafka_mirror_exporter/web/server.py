"""uvicorn on a socket of ours, until an event is set; signals are the caller's."""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from kafka_mirror_exporter.errors import ConfigError, Fault

_GRACE_SECONDS = 2
_SILENT_CLIENT_MILLISECONDS = 30_000
_PATH = "web.listen_address"
_BRACKETED = re.compile(r"\[(?P<host>[^]]+)]:(?P<port>\d{1,5})")
_PLAIN = re.compile(r"(?P<host>[^:\[\]]*):(?P<port>\d{1,5})")


def parse_listen_address(address: str) -> tuple[str, int]:
    """Host (empty for all) and port of `:10015`, `127.0.0.1:0` or `[::1]:10015`."""
    match = _BRACKETED.fullmatch(address) or _PLAIN.fullmatch(address)
    if match is None or int(match["port"]) > 65535:
        sentence = f"{address!r} is not an address like :10015, 127.0.0.1:10015 or [::1]:10015"
        raise ConfigError([Fault(path=_PATH, sentence=sentence)])
    return match["host"], int(match["port"])


def listening_socket(address: str) -> socket.socket:
    """A socket that listens; raises `ConfigError` with a plain sentence where it cannot."""
    host, port = parse_listen_address(address)
    try:
        listener = _listen(host, port)
    except OSError as error:
        reason = "the port is already in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise ConfigError([Fault(path=_PATH, sentence=f"cannot listen on {address}: {reason}")]) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Inherited by each connection: a page that takes nothing any more would hold its socket for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_CLIENT_MILLISECONDS)
    return listener


def _listen(host: str, port: int) -> socket.socket:
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, backlog=128, dualstack_ipv6=True)
        except OSError as error:
            # Some containers can make an IPv6 socket and then have no address to bind it to.
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
    return socket.create_server(("", port), backlog=128)


def bound_port(listener: socket.socket) -> int:
    """The port that was chosen where the address asked for port 0."""
    port: int = listener.getsockname()[1]
    return port


class Server(uvicorn.Server):
    """uvicorn that leaves the signals alone: its own handling raises them again when it ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Captures none."""
        yield


def _telling(app: ASGIApp, stop: asyncio.Event) -> ASGIApp:
    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["stop"] = stop
        await app(scope, receive, send)

    return told


async def serve_until(
    stop: asyncio.Event, *, app: ASGIApp, listener: socket.socket, tls: ssl.SSLContext | None = None
) -> None:
    """Serves until `stop` is set, then gives open requests two seconds; closes the socket.

    Requests find `stop` in their state: an answer without an end of its own is to end by it.
    """
    config = uvicorn.Config(
        _telling(app, stop),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    config.load()
    config.ssl = tls
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        listener.close()
