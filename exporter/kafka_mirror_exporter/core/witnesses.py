"""What a poll reads about a partition's mirror, and what is concluded from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kafka_mirror_exporter.core.offsets import Anchor
from kafka_mirror_exporter.core.reading import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """What one poll read about a partition.

    `pairs` are the offset syncs that came since the last poll, oldest first; `stored` is the next offset
    by Connect's own offsets. The target's end was read before the source's.
    """

    at: float
    target_log_start: int
    target_end: int
    source_log_start: int
    source_end: int
    pairs: Sequence[Anchor] = ()
    stored: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPosition:
    """The next source offset to be mirrored, how it was learnt, and whether records confirm it.

    `learnt_at` is when the anchor or stored offset behind it was last seen to be new (monotonic).
    """

    offset: int
    origin: Origin
    verified: int
    learnt_at: float
