"""Shows what was paged: takes in Alertmanager's webhooks, writes a line for each, and lists them at `/`."""

import json
import sys
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

_KEPT = 200


class Pager(BaseHTTPRequestHandler):
    """POST from Alertmanager to a path of the receiver's name; GET shows the newest first."""

    lines: ClassVar[deque[str]] = deque(maxlen=_KEPT)
    last_heartbeat = "never"

    def do_POST(self) -> None:
        """Takes in one notification; the heartbeat is only noted, for it comes every minute."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        receiver, now = self.path.strip("/"), time.strftime("%H:%M:%S")
        if receiver == "heartbeat":
            Pager.last_heartbeat = now
        else:
            for alert in body["alerts"]:
                line = _line(now, receiver, alert)
                self.lines.appendleft(line)
                print(line, flush=True)
        self._answer("")

    def do_GET(self) -> None:
        """Lists what came."""
        heading = f"heartbeat of the way of the alerts: {self.last_heartbeat}"
        self._answer("\n".join([heading, "", *(self.lines or ["nothing was paged"])]) + "\n")

    def _answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing of requests: what was paged is what matters."""


def _line(now: str, receiver: str, alert: dict[str, dict[str, str]]) -> str:
    """One alert, as somebody on call would want to read it."""
    labels, said = alert["labels"], alert["annotations"]
    what = said.get("description") or said.get("summary", "")
    return f"{now} {alert['status']:<8} {receiver:<6} {labels['severity']:<8} {labels['alertname']}: {what}"


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Pager).serve_forever()
