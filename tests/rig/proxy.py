"""A TCP proxy on loopback that delays, cuts, swallows, answers no more, or looks like Redpanda."""

import asyncio
import struct
import threading
from typing import Literal

Mode = Literal["pass", "cut", "black_hole", "half_open"]

_LIST_OFFSETS, _API_VERSIONS = 2, 18
_UNSUPPORTED_VERSION = 35
# What Redpanda offers (its handlers, December 2024), by API key.
_REDPANDA = {
    0: (0, 7), 1: (4, 11), 2: (0, 4), 3: (0, 8), 8: (0, 8), 9: (1, 7), 10: (0, 3), 11: (0, 6),
    12: (0, 4), 13: (0, 4), 14: (0, 4), 15: (0, 5), 16: (0, 4), 17: (0, 1), 18: (0, 3), 19: (0, 6),
    20: (0, 4), 21: (0, 2), 22: (0, 4), 23: (0, 4), 24: (0, 3), 25: (0, 3), 26: (0, 3), 28: (0, 3),
    29: (0, 2), 30: (0, 2), 31: (0, 2), 32: (0, 4), 33: (0, 1), 36: (0, 2), 37: (0, 3), 42: (0, 2),
    44: (0, 1), 45: (0, 0), 46: (0, 0), 47: (0, 0), 48: (0, 1), 49: (0, 1), 50: (0, 0), 51: (0, 0),
    61: (0, 0), 65: (0, 0), 66: (0, 0),
}  # fmt: skip


class Proxy:
    """One listening port before one broker's port; its loop runs in a thread of its own."""

    def __init__(self, port: int, upstream_port: int, *, is_like_redpanda: bool = False) -> None:
        self.port = port
        self.requests: set[tuple[int, int]] = set()
        self._upstream_port = upstream_port
        self.is_like_redpanda = is_like_redpanda
        self._mode: Mode = "pass"
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise TimeoutError("the proxy did not start")

    def restore(self) -> None:
        """Passes everything at once; connections that missed something are cut, so that clients come anew."""
        was_holding = self._mode in ("black_hole", "half_open")
        self._mode, self._delay = "pass", 0.0
        if was_holding:
            self._cut_connections()

    def delay(self, seconds: float) -> None:
        """Every answer comes this much later; those on their way together are late together."""
        self._delay = seconds

    def cut(self) -> None:
        """Ends all connections and accepts none."""
        self._mode = "cut"
        self._cut_connections()

    def black_hole(self) -> None:
        """Accepts, swallows, and never answers."""
        self._mode = "black_hole"

    def half_open(self) -> None:
        """Requests arrive, answers do not."""
        self._mode = "half_open"

    def calls_outside_redpanda(self) -> set[tuple[int, int]]:
        """Requests (API key, version) that Redpanda would not have understood."""
        return {
            (key, version)
            for key, version in self.requests
            if key != _API_VERSIONS
            and not _REDPANDA.get(key, (0, -1))[0] <= version <= _REDPANDA.get(key, (0, -1))[1]
        }

    def close(self) -> None:
        self._cut_connections()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _cut_connections(self) -> None:
        def cut() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(cut)

    def _run(self, started: threading.Event) -> None:
        async def start() -> None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
            started.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.transport.abort()
            return
        # Asked only now: a cut that came while the broker's side was opened does not know this connection.
        if self._mode == "cut":
            for each in (writer, upstream_writer):
                each.transport.abort()
            return
        self._writers |= {writer, upstream_writer}
        versions_asked: dict[int, int] = {}
        arrived: _Arrivals = asyncio.Queue()
        answering = asyncio.create_task(self._answer(arrived, writer, versions_asked))
        try:
            await asyncio.gather(
                self._ask(reader, upstream_writer, versions_asked), self._take(upstream_reader, arrived)
            )
        finally:
            answering.cancel()
            for each in (writer, upstream_writer):
                each.transport.abort()
            self._writers -= {writer, upstream_writer}

    async def _ask(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, versions_asked: dict[int, int]
    ) -> None:
        try:
            while True:
                frame = await _frame(reader)
                self._note(frame, versions_asked)
                if self._mode != "black_hole":
                    await _send(upstream, self._as_redpanda_reads(frame))
        except (asyncio.IncompleteReadError, OSError):
            # The other direction ends, too: it is told by its broker.
            upstream.transport.abort()

    async def _take(self, upstream: asyncio.StreamReader, arrived: "_Arrivals") -> None:
        try:
            while True:
                frame = await _frame(upstream)
                arrived.put_nowait((self._loop.time(), frame))
        except (asyncio.IncompleteReadError, OSError):
            arrived.put_nowait((self._loop.time(), None))
            return

    async def _answer(
        self, arrived: "_Arrivals", writer: asyncio.StreamWriter, versions_asked: dict[int, int]
    ) -> None:
        try:
            while True:
                since, frame = await arrived.get()
                await asyncio.sleep(max(0.0, since + self._delay - self._loop.time()))
                if frame is None:
                    break
                if self._mode not in ("black_hole", "half_open"):
                    await _send(writer, self._narrowed(frame, versions_asked))
        except OSError:
            pass
        writer.transport.abort()

    def _note(self, frame: bytes, versions_asked: dict[int, int]) -> None:
        key, version, correlation = struct.unpack_from(">hhi", frame)
        self.requests.add((key, version))
        if key == _API_VERSIONS:
            versions_asked[correlation] = version

    def _as_redpanda_reads(self, frame: bytes) -> bytes:
        # Redpanda takes a question for the newest timestamp (-3) for one for the time 0.
        is_altered = self.is_like_redpanda and struct.unpack_from(">h", frame) == (_LIST_OFFSETS,)
        return frame.replace(struct.pack(">q", -3), bytes(8)) if is_altered else frame

    def _narrowed(self, frame: bytes, versions_asked: dict[int, int]) -> bytes:
        (correlation,) = struct.unpack_from(">i", frame)
        version = versions_asked.pop(correlation, None)
        if version is None or not self.is_like_redpanda:
            return frame
        return frame[:4] + narrowed_versions(frame[4:], version)


_Arrivals = asyncio.Queue[tuple[float, bytes | None]]


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


async def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(struct.pack(">i", len(frame)) + frame)
    await writer.drain()


def narrowed_versions(body: bytes, version: int) -> bytes:
    """An ApiVersions answer with Redpanda's ranges; its header has no tags in any version."""
    (error,) = struct.unpack_from(">h", body)
    if error not in (0, _UNSUPPORTED_VERSION):
        return body
    is_flexible = version >= 3 and not error  # an unsupported version is answered in the oldest form
    at = 2
    if is_flexible:
        count, at = _uvarint(body, at)
        count -= 1
    else:
        (count,) = struct.unpack_from(">i", body, at)
        at += 4
    rows = []
    for _ in range(count):
        key, low, high = struct.unpack_from(">hhh", body, at)
        at += 6 + is_flexible
        if key in _REDPANDA:
            low, high = max(low, _REDPANDA[key][0]), min(high, _REDPANDA[key][1])
            if low <= high:
                rows.append((key, low, high))
    tag = b"\0" if is_flexible else b""
    head = struct.pack(">h", error) + (
        _as_uvarint(len(rows) + 1) if is_flexible else struct.pack(">i", len(rows))
    )
    throttle = body[at : at + 4] + tag if version >= 1 and not error else b""
    return head + b"".join(struct.pack(">hhh", *row) + tag for row in rows) + throttle


def _uvarint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _as_uvarint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
