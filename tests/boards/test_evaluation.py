"""Every query of every board, asked of a real Prometheus: an answer, with the labels that its panel shows."""

import pytest

from rig.boards import BoardQuery, annotation_queries, board_queries, substituted, variable_queries
from rig.process import wait_until
from rig.prometheus import Labels, Prometheus

# What the embedded brokers cannot bring about; these are asked of the readings made by hand instead.
ONLY_BY_HAND = {
    "kafka_mirror_connector_tasks",  # no Connect beside the toy mirror
    "kafka_mirror_fallback_blind",  # it is watched without a fallback
    "kafka_mirror_fallback_engaged",  # as above
    "kafka_mirror_fallback_transitions_total",  # as above
    "kafka_mirror_notifications_total",  # nobody is told
    "kafka_mirror_group_members",  # embedded brokers cannot describe groups
    "kafka_mirror_heartbeat_timestamp_seconds",  # it sends none
    "kafka_mirror_last_stable_offset",  # it reads uncommitted
    "kafka_mirror_open_transaction_seconds",  # so there are no transactions
    "kafka_mirror_retention_headroom_seconds",  # embedded brokers tell no configuration
}
# What they may bring about, or not, by the moment.
PERHAPS_BY_HAND = {
    "kafka_mirror_pre_mirror_records",  # known once a first offset sync of a partition was read
    "kafka_mirror_topic_catch_up_seconds",  # lasts too short a time
    "kafka_mirror_unmeasured",  # lasts too short a time
}
DEMO, BY_HAND = "calm|late|later", "legacy"
QUERIES = board_queries()
TABLES = sorted({(query.board, query.panel) for query in QUERIES if query.is_in_table})
Answer = list[tuple[Labels, float]]


def asked(prometheus: Prometheus, query: BoardQuery, **chosen: str) -> Answer:
    return prometheus.query(query.seen_with(**chosen))


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_every_query_has_an_answer_with_the_labels_shown(prometheus: Prometheus, query: BoardQuery) -> None:
    source = BY_HAND if query.needed_metrics & (ONLY_BY_HAND | PERHAPS_BY_HAND) else DEMO
    wait_until(lambda: asked(prometheus, query, source=source), seconds=10, what=f"an answer to {query}")

    for labels, value in asked(prometheus, query, source=source):
        assert query.fault_of(labels, value) is None


@pytest.mark.parametrize(("board", "panel"), TABLES)
def test_every_label_column_of_a_table_is_filled(prometheus: Prometheus, board: str, panel: str) -> None:
    queries = [query for query in QUERIES if (query.board, query.panel) == (board, panel)]

    filled = {label for query in queries for labels, _ in asked(prometheus, query) for label in labels}
    assert queries[0].labels <= filled


@pytest.mark.parametrize(("name", "asks"), variable_queries().items())
def test_every_variable_has_values(prometheus: Prometheus, name: str, asks: tuple[str, str]) -> None:
    selector, label = asks

    values = {labels.get(label) for labels, _ in prometheus.query(substituted(selector, {"source": DEMO}))}
    assert values, name
    assert None not in values


@pytest.mark.parametrize(("name", "expression"), annotation_queries().items())
def test_every_annotation_marks_what_fires(prometheus: Prometheus, name: str, expression: str) -> None:
    marked = prometheus.query(substituted(expression, {"source": "late"}))

    assert marked, name
    assert {labels["alertname"] for labels, _ in marked} == {
        "KafkaMirrorDriftHigh",
        "KafkaMirrorGroupLagHigh",
    }


def test_what_is_said_to_come_by_hand_only_does_not_come_otherwise(prometheus: Prometheus) -> None:
    names = "|".join(ONLY_BY_HAND)

    assert prometheus.query(f'{{__name__=~"{names}", source=~"{DEMO}"}}') == []
