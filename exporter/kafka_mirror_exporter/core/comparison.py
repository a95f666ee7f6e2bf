"""Whether a record of the source and a record of the target are the same record."""

from dataclasses import dataclass

from kafka_mirror_exporter.core.records import Headers, LogRecord

_WIRE_FORMAT_MAGIC = 0
_WIRE_FORMAT_ID_END = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Which parts of a record count when two are compared."""

    timestamp: bool = True
    key: bool = True
    value: bool = True
    headers: bool = True
    ignore_headers: frozenset[str] = frozenset()
    ignore_wire_format_ids: bool = False

    def fingerprint(self, record: LogRecord, *, with_timestamp: bool = True) -> int:
        """A number that two records share when they are the same (and else once in 2^64).

        `with_timestamp=False` is for a target that stamps records itself (LogAppendTime).
        """
        return hash(
            (
                record.timestamp_ms if self.timestamp and with_timestamp else None,
                self._content(record.key) if self.key else None,
                self._content(record.value) if self.value else None,
                self._headers(record.headers) if self.headers else None,
            )
        )

    def _content(self, content: bytes | None) -> bytes | None:
        if self.ignore_wire_format_ids and content and content[0] == _WIRE_FORMAT_MAGIC:
            return content[_WIRE_FORMAT_ID_END:]
        return content

    def _headers(self, headers: Headers) -> Headers:
        if not self.ignore_headers:
            return headers
        return tuple(header for header in headers if header[0] not in self.ignore_headers)
