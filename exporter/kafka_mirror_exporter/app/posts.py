"""What the two kinds of notifications have in common."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

from kafka_mirror_exporter.config import Config, SecretConfig, read_secret
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.notify import Key, Pace

Post = Callable[[bytes], None]


class Posts(Protocol):
    """One kind of notifications: to whom, of what, how often."""

    config: Config
    pace: Pace

    def begin_anew(self) -> None:
        """Has everything told to receivers who are new."""

    def receivers(self) -> Iterator[tuple[str, Post]]:
        """The name of each receiver, and how it is told."""

    def changed(self, reading: MirrorReading) -> list[Key]:
        """What is to be told at once."""

    def everything(self) -> Iterable[Key]:
        """All that there is to tell."""

    def describe(self, key: Key) -> object | None:
        """The body of a post, or None where there is nothing to tell any more."""


def secret_reader(place: SecretConfig, path: str) -> Callable[[], str]:
    """Reads a secret as it is when it is called; `path` is where it is configured."""
    return lambda: read_secret(place, path=path)


def receiver_name(url: str) -> str:
    """What a receiver is called: neither a password in front of the host nor a token behind it."""
    return urlsplit(url).netloc.rpartition("@")[2] or "webhook"
