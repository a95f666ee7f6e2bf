"""A receiver of webhooks on the loopback: it may be away, slow, or refuse, and keeps all that it accepted."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What came, and when by our own clock."""

    body: bytes
    headers: dict[str, str]
    at: float

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """By the words of RFC 2104, not by the code that signed."""
        block = secret.encode().ljust(64, b"\0")
        inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + self.body).digest()
        outer = hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()
        return hmac.compare_digest(self.headers["x-kafka-mirror-signature"], f"sha256={outer}")


@dataclass(slots=True)
class Listener:
    """`status` is what it answers, and no post is answered while it is not `is_answering`."""

    status: int = 204
    is_answering: threading.Event = field(default_factory=threading.Event)
    accepted: list[Post] = field(default_factory=list)
    refused: list[Post] = field(default_factory=list)
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.is_answering.set()
        self.come_back()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_answering.set()
        self.go_away()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/fallback"

    def go_away(self) -> None:
        """Nobody listens at its port any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def come_back(self) -> None:
        """Listens at the port it had."""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                post = Post(body=body, headers=headers, at=time.monotonic())
                listener.is_answering.wait(20)
                status = listener.status
                (listener.accepted if 200 <= status < 300 else listener.refused).append(post)
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def of(self, topic: str) -> list[dict[str, Any]]:
        """What was accepted of one topic, in the order in which it came."""
        return [post.content for post in list(self.accepted) if post.content["topic"] == topic]
