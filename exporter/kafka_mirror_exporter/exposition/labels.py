"""Labels as text, and the label bodies that all families of a reading share."""

from collections.abc import Iterable, Sequence

from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.errors import RenderError

WHOLE_TOPIC = -1
"""Stands in place of a partition's number where a group is reported per topic."""


def escaped(value: str) -> str:
    """A label value as both formats write it between the quotes."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def label_pairs(names: Sequence[str], values: Iterable[str]) -> str:
    """Comma-separated pairs, without the braces."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in zip(names, values, strict=True))


def refuse_duplicates(bodies: Sequence[str], what: str) -> None:
    """Raises `RenderError` where two rows would be the same series."""
    if len(set(bodies)) == len(bodies):
        return
    seen: set[str] = set()
    for body in bodies:
        if body in seen:
            raise RenderError(f"{what}: two rows share the labels {body.removesuffix('} ')}")
        seen.add(body)


class LabelBodies:
    """The text between the labels of the mirror and the value, one for every row of an index.

    Kept as long as the index is the same object, for making them costs as much as a whole rendering.
    """

    def __init__(self) -> None:
        self._partition_index: tuple[TopicPartition, ...] = ()
        self._partitions: list[str] = []
        self._group_index: tuple[tuple[Side, str, TopicPartition], ...] = ()
        self._groups: list[str] = []

    def of_partitions(self, index: tuple[TopicPartition, ...]) -> list[str]:
        """Bodies that end with the closing brace and a space."""
        if index is not self._partition_index:
            topics = {topic: escaped(topic) for topic, _ in index}
            bodies = [f'topic="{topics[topic]}",partition="{partition}"}} ' for topic, partition in index]
            refuse_duplicates(bodies, "partitions")
            self._partition_index, self._partitions = index, bodies
        return self._partitions

    def of_groups(self, index: tuple[tuple[Side, str, TopicPartition], ...]) -> list[str]:
        """Bodies that end with the closing brace and a space."""
        if index is not self._group_index:
            topics = {topic: escaped(topic) for _, _, (topic, _) in index}
            groups = {group: escaped(group) for _, group, _ in index}
            bodies = [
                f'side="{side}",group="{groups[group]}",topic="{topics[topic]}"'
                + ("} " if partition == WHOLE_TOPIC else f',partition="{partition}"}} ')
                for side, group, (topic, partition) in index
            ]
            refuse_duplicates(bodies, "group commits")
            self._group_index, self._groups = index, bodies
        return self._groups
