"""The live stream: whole at first, then what changed; it ends with the server, and streams are few."""

import asyncio
import http.client
import json
import socket
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.server import bound_port, listening_socket, serve_until
from kafka_mirror_exporter.web.site import Site
from kafka_mirror_exporter.web.status.board import Board
from kafka_mirror_exporter.web.status.streams import Streams
from unit.exposition.hand_made import mirror_reading, partition_columns
from unit.exposition.scraping import FakeClock
from unit.web.estates import estate
from unit.web.running import Running, running
from unit.web.sites import site_of

Message = tuple[str, Any]


@contextmanager
def stream(server: Running) -> Iterator[Iterator[Message]]:
    """The messages of one open stream."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/events")
    response = connection.getresponse()

    def messages() -> Iterator[Message]:
        kind = ""
        while line := response.readline():
            name, _, value = line.decode().strip().partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)

    try:
        assert response.status == 200
        assert response.getheader("content-type") == "text/event-stream"
        yield messages()
    finally:
        response.close()
        connection.close()


def behind(seconds: float, *, polls: int) -> MirrorReading:
    """As `mirror_reading`, with orders-0 that far behind."""
    drift = array("d", [seconds, 0.0, float("nan")])
    return mirror_reading(
        polls=polls,
        measured_monotonic=1000.0 + polls,
        partitions=replace(partition_columns(), drift=drift),
    )


def test_a_stream_begins_with_all_there_is_and_goes_on_with_what_changed() -> None:
    site = site_of(behind(2.5, polls=1))
    with running(create_app(site)) as server, stream(server) as messages:
        first = next(messages)
        site.latest.publish(behind(20.0, polls=2))
        second = next(messages)

    kind, whole = first
    assert kind == "mirror"
    assert [row[0] for row in whole["topics"]] == ["orders", "audit"]
    assert whole["cells"] == "113"  # orders-0 and orders-1 within, audit-0 unmeasured
    assert whole["points"] == [[1001.0, 2.5]]
    kind, change = second
    assert kind == "change"
    assert change["cells"] == "413"
    assert change["point"] == [1002.0, 20.0]
    assert [row[:3] for row in change["stats"]] == [[0, 4, 20.0]]
    assert [event["text"] for event in change["events"]] == ["orders partition 0: past the threshold, 20.0 s"]
    assert "groups" not in change
    assert change["head"]["line"]["word"] == "Past threshold"


def test_a_page_opened_later_is_given_the_curve_and_the_events_so_far() -> None:
    site = site_of(behind(2.5, polls=1))
    app = create_app(site)
    for polls, seconds in enumerate((20.0, 1.0), start=2):
        site.latest.publish(behind(seconds, polls=polls))

    with running(app) as server, stream(server) as messages:
        _, whole = next(messages)

    assert whole["points"] == [[1001.0, 2.5], [1002.0, 20.0], [1003.0, 1.0]]
    assert [event["text"] for event in whole["events"]][-2:] == [
        "orders partition 0: past the threshold, 20.0 s",
        "orders partition 0: back within the threshold, 1.0 s",
    ]


def test_topics_that_came_or_went_are_told_by_the_whole_mirror() -> None:
    site = site_of(behind(2.5, polls=1))
    one = replace(mirror_reading().topics[0], state="initial_sync")
    with running(create_app(site)) as server, stream(server) as messages:
        next(messages)
        site.latest.publish(
            replace(behind(2.5, polls=2), topics=(one, mirror_reading().topics[1])),
        )
        kind, message = next(messages)

    assert kind == "mirror"
    assert message["topics"][0][2] == "initial_sync"


def test_between_readings_a_pulse_tells_that_they_grow_old() -> None:
    clock = FakeClock(1001.0)
    site = site_of(behind(2.5, polls=1), clock=clock)
    with running(create_app(site)) as server, stream(server) as messages:
        next(messages)
        clock.now = 1060.0
        kind, message = next(messages)

    assert kind == "pulse"
    assert message["heads"][0]["line"]["word"] == "Stale"


def app_with(site: Site, **limits: Any) -> Starlette:
    """The stream alone, with limits that a test can reach."""
    return Starlette(routes=[Route("/events", Streams(Board(site), **limits).open)])


def wait_for_status(server: Running, status: int) -> None:
    deadline = time.monotonic() + 20
    while server.ask("/events", method="HEAD").status != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_streams_are_few_and_a_closed_one_makes_room() -> None:
    with running(app_with(site_of(mirror_reading()), most=2)) as server, stream(server) as first:
        next(first)
        with stream(server) as second:
            next(second)
            refused = server.ask("/events")
        wait_for_status(server, 200)
        with stream(server) as third:
            kind, _ = next(third)

    assert refused.status == 503
    assert refused.headers["retry-after"] == "10"
    assert kind == "mirror"


@pytest.mark.parametrize("limit", [{"send_seconds": 0.2}, {"most_waiting": 3}], ids=str)
def test_a_page_that_takes_nothing_is_dropped_and_the_others_are_told_on(limit: dict[str, Any]) -> None:
    topics = [f"{number:04}{'x' * 200}" for number in range(1000)]
    sizes = cycle((1, 2))

    def another() -> MirrorReading:
        return estate(topics, next(sizes), lambda _topic, _partition: 0.0)

    site = site_of(another())
    with running(app_with(site, most=2, **limit)) as server, socket.socket() as slow:
        # A small window, and nobody who reads: what the server may keep for it fills up.
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with stream(server) as messages:
            kinds = [next(messages)[0]]
            wait_for_status(server, 503)
            deadline = time.monotonic() + 20
            while server.ask("/events", method="HEAD").status == 503:
                assert time.monotonic() < deadline
                site.latest.publish(another())
                kinds.append(next(messages)[0])

    assert set(kinds) == {"mirror"}


def test_a_stream_ends_after_a_while_so_that_its_user_is_asked_again() -> None:
    with (
        running(app_with(site_of(mirror_reading()), longest_seconds=0.1)) as server,
        stream(server) as messages,
    ):
        kinds = [kind for kind, _ in messages]

    assert set(kinds) <= {"mirror", "pulse"}


def test_an_open_stream_ends_at_once_when_the_server_stops() -> None:
    listener = listening_socket("127.0.0.1:0")
    server = Running(port=bound_port(listener), tls=None)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    app = create_app(site_of(mirror_reading()))
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve_until(stop, app=app, listener=listener))
    )
    thread.start()
    try:
        with stream(server) as messages:
            next(messages)
            began = time.monotonic()
            loop.call_soon_threadsafe(stop.set)
            rest = list(messages)
            thread.join(10)
            took = time.monotonic() - began
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()

    assert rest == []
    assert took < 1.0
