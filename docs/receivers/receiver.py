"""Whether to write to both clusters, from the signed posts of one exporter or more: a reference receiver."""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any


class DualWrite:
    """The newest word of every instance on every topic; an empty topic stands for the whole mirror."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
        self._engaged: dict[tuple[str, str, str], bool] = {}
        self._lock = Lock()

    def take(self, post: dict[str, Any], *, now: float) -> None:
        """Takes in a post, unless a newer one of the same instance came before it; `now` is monotonic."""
        key = (post["source"], post["target"], post["topic"])
        # The sender's clock may differ from ours: only how long its word holds is taken from it.
        post["expires_at"] = now + post["valid_until"] - post["generated_at"]
        with self._lock:
            words = self._words.setdefault(key, {})
            last = words.get(post["instance"])
            if last is not None and post["sequence"] <= last["sequence"]:
                return
            words[post["instance"]] = post
            said = [word["engaged"] for word in words.values()]
            if True in said:
                self._engaged[key] = True
            elif None not in said:  # released only when all say so; who does not know changes nothing
                self._engaged[key] = False

    def is_engaged(self, source: str, target: str, topic: str) -> bool | None:
        """Whether to write to both clusters; None before anybody knew: stay with what you would do anyway."""
        states = [self._engaged.get((source, target, name)) for name in (topic, "")]
        return True if True in states else False if False in states else None

    def expired(self, *, now: float) -> list[str]:
        """The instances whose word is too old: keep the state, and wake somebody."""
        with self._lock:
            words = [word for words in self._words.values() for word in words.values()]
        return sorted({word["instance"] for word in words if word["expires_at"] < now})


class Handler(BaseHTTPRequestHandler):
    """POST takes a word in; GET /source/target/topic tells what a proxy would go by."""

    dual_write, secret = DualWrite(), os.environ.get("FALLBACK_SECRET", "").encode()

    def do_POST(self) -> None:
        """Verifies the raw bytes before anything in them is believed."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        expected = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        is_ours = hmac.compare_digest(self.headers.get("X-Kafka-Mirror-Signature", ""), expected)
        if is_ours:
            self.dual_write.take(json.loads(body), now=time.monotonic())
        self.send_response(204 if is_ours else 403)
        self.end_headers()

    def do_GET(self) -> None:
        """Tells a state, and whose word has expired."""
        engaged = self.dual_write.is_engaged(*self.path.split("/")[1:4])
        expired = self.dual_write.expired(now=time.monotonic())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"engaged": engaged, "expired": expired}).encode())


if __name__ == "__main__":
    if not Handler.secret:
        sys.exit("FALLBACK_SECRET is not set")
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    ThreadingHTTPServer((host, int(sys.argv[1])), Handler).serve_forever()
