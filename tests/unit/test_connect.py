"""Connect's REST interface, against a small server that answers like it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from kafka_mirror_exporter.connect import ConnectClient, ConnectUnreachable


def connector(kind: str, *states: str, own: str = "RUNNING") -> dict[str, Any]:
    return {
        "status": {
            "connector": {"state": own},
            "tasks": [{"id": i, "state": s} for i, s in enumerate(states)],
        },
        "info": {"config": {"connector.class": f"org.apache.kafka.connect.mirror.{kind}"}},
    }


@contextmanager
def worker(content: object, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_tasks_are_counted_by_connector_and_state() -> None:
    content = {
        "mirror": connector("MirrorSourceConnector", "RUNNING", "RUNNING", "FAILED"),
        "elsewhere": connector("SomeSink", "FAILED"),
    }
    with worker(content) as url:
        tasks = ConnectClient([url]).read_tasks()

    assert tasks == {("mirror", "running"): 2, ("mirror", "failed"): 1}


def test_a_worker_without_a_mirror_has_no_tasks_of_one() -> None:
    with worker({"elsewhere": connector("SomeSink", "FAILED")}) as url:
        assert ConnectClient([url]).read_tasks() == {}


def test_a_connector_whose_class_is_not_shown_may_be_a_mirror() -> None:
    hidden = connector("MirrorSourceConnector", "RUNNING")
    del hidden["info"]
    with worker({"hidden": hidden}) as url:
        assert ConnectClient([url]).read_tasks() == {("hidden", "running"): 1}


def test_an_address_with_a_password_in_it_is_not_quoted() -> None:
    with pytest.raises(ConnectUnreachable) as failure:
        ConnectClient(["http://user:hidden@127.0.0.1:1/?token=hidden"]).read_tasks()

    assert "127.0.0.1:1" in str(failure.value)
    assert "hidden" not in str(failure.value)


def test_a_connector_that_failed_before_it_had_tasks_is_a_failed_task() -> None:
    with worker({"mirror": connector("MirrorSourceConnector", own="FAILED")}) as url:
        assert ConnectClient([url]).read_tasks() == {("mirror", "failed"): 1}


def test_the_second_worker_speaks_when_the_first_is_down() -> None:
    with worker({"mirror": connector("MirrorSourceConnector", "RUNNING")}) as url:
        tasks = ConnectClient(["http://127.0.0.1:1", url + "/"]).read_tasks()

    assert tasks == {("mirror", "running"): 1}


@pytest.mark.parametrize("content", [[], {"mirror": {}}, {"mirror": 3}, "text"], ids=repr)
def test_an_answer_that_is_not_connects_is_no_answer(content: object) -> None:
    with worker(content) as url, pytest.raises(ConnectUnreachable):
        ConnectClient([url]).read_tasks()


def test_a_worker_that_refuses_is_no_answer() -> None:
    with worker({}, status=500) as url, pytest.raises(ConnectUnreachable, match="HTTPError"):
        ConnectClient([url]).read_tasks()
