"""The live stream at `/events`: few at a time, dropped when they do not keep up, ended by a stop at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kafka_mirror_exporter.web.status.board import Board

_MOST_STREAMS = 32
_PULSE_SECONDS = 4.0
_MOST_WAITING = 16
_SEND_SECONDS = 30.0
# A page comes back by itself, and then with what the user file says by now.
_LONGEST_SECONDS = 3600.0
_BEGIN = b"retry: 2000\n\n"
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Subscriber:
    """Messages on their way from the threads of the workers to one page; None ends them.

    A page that is too far behind has slept: its task is ended, even in the middle of a message. It comes
    back by itself and is then told all anew.
    """

    def __init__(self, *, most_waiting: int) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._most_waiting = most_waiting

    def hear(self, message: bytes) -> None:
        """Called from any thread."""
        with suppress(RuntimeError):  # the loop has ended, and the page with it
            self._loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: bytes) -> None:
        if self._waiting.qsize() < self._most_waiting:
            self._waiting.put_nowait(message)
        elif self._task is not None:
            self._task.cancel()

    def end(self) -> None:
        """Lets the stream end after what is waiting."""
        self._waiting.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next message; raises `TimeoutError` when there is none for a while."""
        return await asyncio.wait_for(self._waiting.get(), _PULSE_SECONDS)


class Streams:
    """All open streams of a board: so many at most, each so long at most, each message sent in time."""

    def __init__(
        self,
        board: Board,
        *,
        most: int = _MOST_STREAMS,
        most_waiting: int = _MOST_WAITING,
        send_seconds: float = _SEND_SECONDS,
        longest_seconds: float = _LONGEST_SECONDS,
    ) -> None:
        self._board = board
        self._most, self._most_waiting = most, most_waiting
        self._send_seconds, self._longest_seconds = send_seconds, longest_seconds
        self._open = 0

    async def open(self, request: Request) -> Response:
        """The answer to `GET /events`."""
        if self._open >= self._most:
            raise HTTPException(503, f"{self._most} pages are open already.", headers={"Retry-After": "10"})
        if request.method == "HEAD":
            return Response(headers=_HEADERS)
        messages = self._messages(getattr(request.state, "stop", None))
        return _EventStream(messages, send_seconds=self._send_seconds)

    async def _messages(self, stop: asyncio.Event | None) -> AsyncGenerator[bytes]:
        """Everything whole, then changes, and a pulse between them."""
        subscriber = _Subscriber(most_waiting=self._most_waiting)
        stopping = asyncio.create_task(_end_at(stop, subscriber))
        self._open += 1
        try:
            await run_in_threadpool(self._board.listen, subscriber.hear)
            async for message in self._heard(subscriber):
                yield message
        finally:
            self._open -= 1
            stopping.cancel()
            self._board.leave(subscriber.hear)

    async def _heard(self, subscriber: _Subscriber) -> AsyncIterator[bytes]:
        yield _BEGIN
        loop = asyncio.get_running_loop()
        until = loop.time() + self._longest_seconds
        while loop.time() < until:
            try:
                message = await subscriber.next()
            except TimeoutError:
                message = await run_in_threadpool(self._board.pulse)
            if message is None:
                return
            yield message


async def _end_at(stop: asyncio.Event | None, subscriber: _Subscriber) -> None:
    if stop is not None:
        await stop.wait()
        subscriber.end()


class _EventStream(Response):
    """Sends messages as they come, until they end, the page leaves, or it takes none for too long."""

    def __init__(self, messages: AsyncGenerator[bytes], *, send_seconds: float) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._messages, self._send_seconds = messages, send_seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._messages) as messages:
            async for message in messages:
                body = {"type": "http.response.body", "body": message, "more_body": True}
                await asyncio.wait_for(send(body), self._send_seconds)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
