from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.exposition import Exposition, Format
from unit.exposition.hand_made import group_columns, mirror_reading, topics
from unit.exposition.scraping import exposition_of, families

NAMES = st.text(alphabet=st.sampled_from(list('ab\\"\n{},= é漢')), min_size=1, max_size=12)


def labels_of(exposition: Exposition, family: str, output: Format) -> dict[str, str]:
    return families(exposition, output)[family].samples[0].labels


@given(name=NAMES)
@settings(deadline=None, max_examples=60)
def test_any_name_comes_back_from_the_parsers_as_it_was(name: str) -> None:
    columns = replace(
        group_columns(),
        index=(("source", name, TopicPartition(name, 0)), ("target", name, TopicPartition(name, 0))),
    )
    exposition = exposition_of(
        mirror_reading(source=name, group_columns=columns, topics=(replace(topics()[0], topic=name),))
    )

    formats: tuple[Format, ...] = ("text", "openmetrics")
    for output in formats:
        group = labels_of(exposition, "kafka_mirror_group_committed_offset", output)
        topic = labels_of(exposition, "kafka_mirror_topic_state", output)
        up = labels_of(exposition, "kafka_mirror_cluster_up", output)
        assert (group["source"], group["group"], group["topic"]) == (name, name, name)
        assert (topic["source"], topic["topic"]) == (name, name)
        assert up["source"] == name
