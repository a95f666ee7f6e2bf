"""The records that MirrorMaker 2 keeps about itself, decoded.

Kafka's own primitive types, big-endian: STRING is an INT16 length and UTF-8 bytes. Offset syncs have no
version; checkpoints and heartbeats begin with one (0). Connect's offsets are JSON. Whatever does not have
its form raises `RecordUndecodable`, and nothing else.
"""

import json
import struct
from dataclasses import dataclass

from kafka_mirror_exporter.core.records import Headers
from kafka_mirror_exporter.errors import RecordUndecodable

_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")
_INT64 = struct.Struct(">q")
_MAX_OFFSET = 2**63 - 2
_MAX_OFFSET_DIGITS = 19

_REDPANDA_MIGRATOR_OFFSET = "redpanda-migrator-offset"
_BROOKLIN_OFFSET = "kafka-origin-offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetSync:
    """The record at `upstream` of a source partition stands at `downstream` on the target."""

    topic: str
    partition: int
    upstream: int
    downstream: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A group's committed offset on the source, and what it was translated to; `topic` is the target's."""

    group: str
    topic: str
    partition: int
    upstream: int
    downstream: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A sign of life; `timestamp_ms` is the clock of the MirrorMaker that sent it."""

    source_alias: str
    target_alias: str
    timestamp_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOffset:
    """What Connect has stored for a source partition; `next_offset` is None where it was reset."""

    connector: str
    cluster: str
    topic: str
    partition: int
    next_offset: int | None


class _Bytes:
    """A cursor over bytes that must hold exactly what is read from them."""

    def __init__(self, content: bytes | None, what: str) -> None:
        if content is None:
            raise RecordUndecodable(f"{what} has no bytes")
        self._content = content
        self._at = 0
        self._what = what

    def number(self, form: struct.Struct) -> int:
        """The next integer."""
        end = self._at + form.size
        if end > len(self._content):
            raise RecordUndecodable(f"{self._what} ends too early")
        (value,) = form.unpack_from(self._content, self._at)
        self._at = end
        return int(value)

    def offset(self) -> int:
        """The next integer, which cannot be negative."""
        value = self.number(_INT64)
        if value < 0:
            raise RecordUndecodable(f"{self._what} holds the negative offset {value}")
        return value

    def partition(self) -> int:
        """The next partition number."""
        value = self.number(_INT32)
        if value < 0:
            raise RecordUndecodable(f"{self._what} holds the negative partition {value}")
        return value

    def text(self) -> str:
        """The next string."""
        length = self.number(_INT16)
        end = self._at + length
        if length < 0 or end > len(self._content):
            raise RecordUndecodable(f"{self._what} holds a string that does not fit")
        try:
            text = self._content[self._at : end].decode("utf-8")
        except UnicodeDecodeError as failure:
            raise RecordUndecodable(f"{self._what} holds a string that is not UTF-8") from failure
        self._at = end
        return text

    def version(self) -> None:
        """The version in front, which must be the one known."""
        version = self.number(_INT16)
        if version != 0:
            raise RecordUndecodable(f"{self._what} has the unknown version {version}")

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._content):
            raise RecordUndecodable(f"{self._what} is longer than its form")


def decode_offset_sync(key: bytes | None, value: bytes | None) -> OffsetSync | None:
    """An offset sync; None for a tombstone."""
    if value is None:
        return None
    keys, values = _Bytes(key, "key of an offset sync"), _Bytes(value, "offset sync")
    sync = OffsetSync(
        topic=keys.text(), partition=keys.partition(), upstream=values.offset(), downstream=values.offset()
    )
    keys.end()
    values.end()
    return sync


def decode_checkpoint(key: bytes | None, value: bytes | None) -> Checkpoint | None:
    """A checkpoint; None for a tombstone."""
    if value is None:
        return None
    keys, values = _Bytes(key, "key of a checkpoint"), _Bytes(value, "checkpoint")
    group, topic, partition = keys.text(), keys.text(), keys.partition()
    keys.end()
    values.version()
    checkpoint = Checkpoint(
        group=group, topic=topic, partition=partition, upstream=values.offset(), downstream=values.offset()
    )
    values.text()
    values.end()
    return checkpoint


def decode_heartbeat(key: bytes | None, value: bytes | None) -> Heartbeat | None:
    """A heartbeat; None for a tombstone."""
    if value is None:
        return None
    keys, values = _Bytes(key, "key of a heartbeat"), _Bytes(value, "heartbeat")
    source, target = keys.text(), keys.text()
    keys.end()
    values.version()
    heartbeat = Heartbeat(source_alias=source, target_alias=target, timestamp_ms=values.number(_INT64))
    values.end()
    return heartbeat


def decode_connect_offset(key: bytes | None, value: bytes | None) -> ConnectOffset | None:
    """A stored source offset; None for what other connectors store in the same topic.

    `{"offset": N}` means that N was mirrored: the next is N + 1. A tombstone or JSON null is a reset.
    """
    parts = _json(key, "key of a Connect offset")
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[1], dict):
        raise RecordUndecodable("key of a Connect offset is not [connector, partition]")
    connector, place = parts
    if not {"cluster", "topic", "partition"} <= place.keys():
        return None
    cluster, topic, partition = place["cluster"], place["topic"], place["partition"]
    if not (isinstance(connector, str) and isinstance(cluster, str) and isinstance(topic, str)):
        raise RecordUndecodable("key of a Connect offset names no connector, cluster and topic")
    if not _is_count(partition):
        raise RecordUndecodable("key of a Connect offset names no partition")
    stored = None if value is None else _json(value, "Connect offset")
    next_offset = None
    if stored is not None:
        if not isinstance(stored, dict) or not _is_count(stored.get("offset")):
            raise RecordUndecodable("Connect offset holds no offset")
        next_offset = stored["offset"] + 1
    return ConnectOffset(
        connector=connector, cluster=cluster, topic=topic, partition=partition, next_offset=next_offset
    )


def provenance_offset(headers: Headers) -> int | None:
    """The source offset that some mirrors write into a header of every record.

    Brooklin writes it in ASCII digits, Redpanda Migrator as eight bytes (digits are taken, too: read as
    eight bytes they would be an offset that no log reaches). Of several the last counts: a record that
    came through another mirror before still carries that one's header in front.
    """
    for name, value in reversed(headers):
        if name in (_REDPANDA_MIGRATOR_OFFSET, _BROOKLIN_OFFSET) and value is not None:
            if value.isdigit() and len(value) <= _MAX_OFFSET_DIGITS:
                offset = int(value)
            elif name == _REDPANDA_MIGRATOR_OFFSET and len(value) == _INT64.size:
                (offset,) = _INT64.unpack(value)
            else:
                return None
            return offset if _is_count(offset) else None
    return None


def _json(content: bytes | None, what: str) -> object:
    if content is None:
        raise RecordUndecodable(f"{what} has no bytes")
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError) as failure:
        raise RecordUndecodable(f"{what} is not JSON") from failure
    return parsed


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_OFFSET
