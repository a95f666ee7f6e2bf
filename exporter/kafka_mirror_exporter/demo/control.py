"""Faults pressed over HTTP, on loopback: `curl -X POST .../stall?topic=orders`."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from kafka_mirror_exporter.demo.stand import FAULTS, UnknownFault


class Pressable(Protocol):
    """What faults can be pressed on."""

    def press(self, name: str, *, topic: str = ..., group: str = ..., rate: float = ...) -> str:
        """Presses a fault; a sentence about what happens now."""

    def state(self) -> str:
        """What is pressed now."""


class Control:
    """A small server for one demo."""

    def __init__(self, stand: Pressable) -> None:
        class Handler(_Handler):
            pressable = stand

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    pressable: Pressable

    def do_GET(self) -> None:  # the name http.server calls
        lines = [f"POST /{fault.path:<26} {fault.effect}" for fault in FAULTS]
        self._answer(200, "\n".join([*lines, "", self.pressable.state()]))

    def do_POST(self) -> None:  # as above
        place = urlsplit(self.path)
        given = {name: values[-1] for name, values in parse_qs(place.query).items()}
        try:
            arguments = {name: given[name] for name in ("topic", "group") if name in given}
            rate = float(given.get("rate", "60"))
            self._answer(200, self.pressable.press(place.path.strip("/"), rate=rate, **arguments))
        except UnknownFault as failure:
            self._answer(404, str(failure))
        except ValueError:
            self._answer(400, "the rate must be a number")

    def _answer(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads an access log of this."""
