"""Hands out the records of small internal topics, each once."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer

from kafka_mirror_exporter.clusters.client import ClientFactory
from kafka_mirror_exporter.clusters.reader import Isolation, TailedRecords
from kafka_mirror_exporter.clusters.record_fetcher import PartitionFetch, RecordFetcher
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.errors import ApiUnavailable

if TYPE_CHECKING:
    from kafka_mirror_exporter.core.records import LogRecord

_SETTINGS: Final[Mapping[str, object]] = {
    # Everything in these topics is wanted, so there is no surplus to save.
    "max.partition.fetch.bytes": 1_048_576,
    "queued.min.messages": 10_000,
}


class Tailer:
    """Remembers, for one isolation level, how far each partition was handed out."""

    def __init__(self, *, clients: ClientFactory, isolation: Isolation) -> None:
        self._fetcher = RecordFetcher(clients=clients, isolation=isolation, settings=_SETTINGS)
        self._next: dict[TopicPartition, int] = {}

    @property
    def consumer(self) -> Consumer:
        """The client behind it."""
        return self._fetcher.consumer

    def tail(
        self, topic: str, partitions: Iterable[int], *, max_bytes: int, deadline: float
    ) -> TailedRecords:
        """What came since the last call; a topic made anew starts over from its beginning."""
        wanted = {
            partition: PartitionFetch(start=self._next.get(partition, OFFSET_BEGINNING), end=None)
            for partition in (TopicPartition(topic, number) for number in partitions)
        }
        received = self._fetcher.run(wanted, max_bytes=max_bytes, deadline=deadline)
        restarted = {
            partition: PartitionFetch(start=OFFSET_BEGINNING, end=None)
            for partition, fetch in wanted.items()
            if fetch.is_out_of_range
        }
        if restarted:
            self._fetcher.run(restarted, max_bytes=max_bytes - received, deadline=deadline)
            wanted |= restarted
        records: list[tuple[int, LogRecord]] = []
        for partition, fetch in wanted.items():
            if fetch.failure and fetch.failure.reason is Reason.NOT_AUTHORIZED:
                raise ApiUnavailable(f"{topic}: {fetch.failure.detail}", reason=fetch.failure.reason)
            if fetch.read_up_to >= 0:
                self._next[partition] = fetch.read_up_to
            records.extend((partition.partition, record) for record in fetch.records)
        is_complete = bool(wanted) and all(
            fetch.is_done and fetch.failure is None for fetch in wanted.values()
        )
        return TailedRecords(records=tuple(records), is_complete=is_complete)
