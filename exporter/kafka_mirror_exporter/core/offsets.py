"""The smallest values: partitions, ranges of offsets, and pairs of offsets across the mirror."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Side = Literal["source", "target"]


class TopicPartition(NamedTuple):
    """One partition of a topic, under the name it has on its own cluster."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The offsets from `start` up to, not including, `end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"offset range [{self.start}, {self.end}) is not a range")

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Anchor:
    """An exact pair: what the source holds at `upstream` is what the target holds at `downstream`.

    Either offset may be the log's end: then the pair says that the next record mirrored,
    the one at `upstream`, will stand at `downstream` or later.
    """

    upstream: int
    downstream: int

    def __post_init__(self) -> None:
        if self.upstream < 0 or self.downstream < 0:
            raise ValueError(f"anchor ({self.upstream}, {self.downstream}) has a negative offset")

    def position_at(self, target_end: int) -> int:
        """The next source offset to be mirrored, if all the target holds after the anchor was mirrored."""
        return self.upstream + target_end - self.downstream
