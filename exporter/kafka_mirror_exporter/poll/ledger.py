"""What must survive a restart: losses, as evidence, which initial syncs are over, and what is engaged.

Kept in one JSON file, written beside and renamed, so that it is whole at any moment. A file that is torn,
foreign or of another version is refused with a sentence and never overwritten.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from kafka_mirror_exporter.core.fallback import WHOLE_MIRROR, FallbackState
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.errors import StateFileError

_FORMAT = "kafka-mirror-exporter-state"
_VERSION = 2
# The first version knew nothing of the fallback: then its state is unknown.
_READABLE = (1, _VERSION)
_MAX_LOSSES = 10_000
# Numbers are set aside in the file this many at a time, so that it is not written for every post.
_SEQUENCE_RESERVE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Source offsets that were deleted before they were mirrored; `at` is seconds since the epoch."""

    topic: str
    partition: int
    start: int
    end: int
    at: float


@dataclass(slots=True)
class Ledger:
    """One mirror's part of the state file."""

    losses: list[Loss] = field(default_factory=list)
    synced_topics: set[str] = field(default_factory=set)
    last_loss_at: dict[str, float] = field(default_factory=dict)
    fallback: dict[str, FallbackState] = field(default_factory=dict)
    is_changed: bool = False

    def add(self, losses: Mapping[TopicPartition, Sequence[OffsetRange]], *, at: float) -> None:
        """Notes losses that were counted at a moment."""
        for tp, ranges in losses.items():
            for gone in ranges:
                self.losses.append(
                    Loss(topic=tp.topic, partition=tp.partition, start=gone.start, end=gone.end, at=at)
                )
                self.last_loss_at[tp.topic] = at
                self.is_changed = True
        del self.losses[:-_MAX_LOSSES]

    def keep_fallback(self, states: Mapping[str, FallbackState]) -> None:
        """Notes the states that are known, as far as another life needs them."""
        known = {topic: _remembered(state) for topic, state in states.items() if state.engaged is not None}
        if known != self.fallback:
            self.fallback = known
            self.is_changed = True

    def has_engaged(self, topic: str) -> bool:
        """Whether the fallback of a topic, or of the whole mirror, is engaged."""
        states = (self.fallback.get(topic), self.fallback.get(WHOLE_MIRROR))
        return any(state is not None and state.engaged for state in states)

    def end_initial_sync(self, topic: str) -> None:
        """Notes that a topic has caught up for the first time."""
        if topic not in self.synced_topics:
            self.synced_topics.add(topic)
            self.is_changed = True


class StateFile:
    """The state file of a process: every mirror's ledger under its two aliases, and the sequence of posts.

    Workers write it each for its own mirror, and receivers' threads when they need more numbers.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ledgers: dict[str, Ledger] = {}
        self._writing = Lock()
        self.sequence = 0

    def open(self) -> None:
        """Reads what an earlier life left; a missing file is an empty one, an unwritable one is refused."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self.save()
            return
        except (OSError, UnicodeDecodeError) as failure:
            raise StateFileError(f"state file {self._path} cannot be read: {failure}") from failure
        try:
            content = json.loads(text)
            if content.get("format") != _FORMAT or content.get("version") not in _READABLE:
                raise StateFileError(
                    f"state file {self._path} was not written by this version; move it away to start afresh"
                )
            self._ledgers = {name: _ledger(entry) for name, entry in content["mirrors"].items()}
            self.sequence = int(content.get("sequence", 0))
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            raise StateFileError(
                f"state file {self._path} is damaged; move it away to start afresh"
            ) from failure
        self.save()

    def ledger(self, source: str, target: str) -> Ledger:
        """The ledger of one mirror."""
        return self._ledgers.setdefault(f"{source} -> {target}", Ledger())

    def save_changes(self) -> None:
        """Writes the file if anything has changed since it was last written."""
        if any(ledger.is_changed for ledger in self._ledgers.values()):
            self.save()

    def reserve_sequence(self, number: int) -> None:
        """Has later lives begin above a number; the file is written once for a thousand of them."""
        if number > self.sequence:
            self.sequence = number + _SEQUENCE_RESERVE
            self.save()

    def save(self) -> None:
        """Writes the file whole."""
        with self._writing:
            self._save()

    def _save(self) -> None:
        # Before it is looked at: what another mirror's worker changes from here on is written by that one.
        for ledger in self._ledgers.copy().values():
            ledger.is_changed = False
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "sequence": self.sequence,
            "mirrors": {name: _entry(ledger) for name, ledger in self._ledgers.copy().items()},
        }
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as failure:
            beside.unlink(missing_ok=True)
            for ledger in self._ledgers.copy().values():
                ledger.is_changed = True
            raise StateFileError(f"state file {self._path} cannot be written: {failure}") from failure


def _entry(ledger: Ledger) -> dict[str, Any]:
    return {
        "losses": [
            [loss.topic, loss.partition, loss.start, loss.end, loss.at] for loss in list(ledger.losses)
        ],
        "synced_topics": sorted(ledger.synced_topics),
        "last_loss_at": dict(ledger.last_loss_at),
        "fallback": {
            topic: [state.engaged, state.since, state.reason, dict(state.partitions)]
            for topic, state in ledger.fallback.items()
        },
    }


def _ledger(entry: Mapping[str, Any]) -> Ledger:
    return Ledger(
        losses=[
            Loss(topic=str(topic), partition=int(partition), start=int(start), end=int(end), at=float(at))
            for topic, partition, start, end, at in entry["losses"]
        ],
        synced_topics={str(topic) for topic in entry["synced_topics"]},
        last_loss_at={str(topic): float(at) for topic, at in entry["last_loss_at"].items()},
        fallback={str(topic): _fallback(*parts) for topic, parts in entry.get("fallback", {}).items()},
    )


def _fallback(engaged: object, since: float, reason: object, partitions: Mapping[str, int]) -> FallbackState:
    if not isinstance(engaged, bool):
        raise TypeError("engaged must be true or false")
    counts = {str(topic): int(count) for topic, count in partitions.items()}
    return FallbackState(engaged=engaged, since=float(since), reason=str(reason), partitions=counts)


def _remembered(state: FallbackState) -> FallbackState:
    return FallbackState(
        engaged=state.engaged, since=state.since, reason=state.reason, partitions=state.partitions
    )
