"""Partitions in chunks by leader: librdkafka's cost grows with the square of what one call asks for."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from kafka_mirror_exporter.core.offsets import TopicPartition

CHUNK_PARTITIONS: Final = 100
Chunk = tuple[int, list[TopicPartition]]


def chunks_by_leader(
    times: Mapping[TopicPartition, int], leaders: Mapping[TopicPartition, int]
) -> Iterator[Chunk]:
    """At most a hundred partitions of one leader each; those without a leader are in none."""
    by_leader: dict[int, list[TopicPartition]] = {}
    for partition in times:
        leader = leaders.get(partition, -1)
        if leader >= 0:
            by_leader.setdefault(leader, []).append(partition)
    for leader, partitions in by_leader.items():
        rest = iter(partitions)
        while chunk := list(islice(rest, CHUNK_PARTITIONS)):
            yield leader, chunk
