"""One record of a log, as far as comparing and dating it needs."""

from dataclasses import dataclass
from typing import Literal

TimestampType = Literal["create", "append", "none"]
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """A data record; control markers are never one."""

    offset: int
    timestamp_ms: int
    timestamp_type: TimestampType
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    def has_header(self, name: str) -> bool:
        """Whether one of its headers is called so."""
        return any(header[0] == name for header in self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRange:
    """What a fetch of an offset range brought.

    `records` are the data records inside the range, in offset order. `read_up_to` is the first
    offset of the range that was not looked at: it equals the range's end when all of it was read,
    also where the rest of the range holds no data record.
    """

    records: tuple[LogRecord, ...]
    read_up_to: int
