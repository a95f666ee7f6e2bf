"""Every metric and label that a board asks for is one that the exporter has."""

import pytest
from promql_parser import parse

from kafka_mirror_exporter.metrics import METRICS, OfExporter

from rig.boards import BoardQuery, annotation_queries, board_queries, substituted, variable_queries
from rig.promql import nodes, selectors

OF_ALERTS = frozenset(
    {
        "alertname",
        "alertstate",
        "severity",
        "source",
        "target",
        "topic",
        "group",
        "side",
        "stage",
        "connector",
    }
)
LABELS = {
    spec.name: frozenset(spec.labels)
    | (frozenset() if isinstance(spec.values, OfExporter) else {"source", "target"})
    for spec in METRICS
} | {"ALERTS": OF_ALERTS, "ALERTS_FOR_STATE": OF_ALERTS}
QUERIES = board_queries()
EXPRESSIONS = {
    **{str(query): query.seen_with() for query in QUERIES},
    **{name: substituted(selector, {}) for name, (selector, _) in variable_queries().items()},
    **{name: substituted(expression, {}) for name, expression in annotation_queries().items()},
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_metrics_and_the_labels_they_are_chosen_by_exist(name: str) -> None:
    for metric, labels in selectors(parse(EXPRESSIONS[name])):
        assert metric in LABELS
        assert labels <= LABELS[metric], metric


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_values_are_grouped_by_labels_that_they_have(query: BoardQuery) -> None:
    for node in nodes(parse(query.seen_with())):
        if type(node).__name__ == "AggregateExpr" and node.modifier is not None:
            calls = (inner for inner in nodes(node) if type(inner).__name__ == "Call")
            made = {call.args[1].val for call in calls if call.func.name == "label_join"}
            has = made.union(*(LABELS[metric] for metric, _ in selectors(node)))
            assert set(node.modifier.labels) <= has


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_rates_are_of_counters_and_slopes_of_gauges(query: BoardQuery) -> None:
    """`rate` takes a gauge that falls for a counter that started again."""
    for node in nodes(parse(query.seen_with())):
        name = node.func.name if type(node).__name__ == "Call" else ""
        for metric, _ in selectors(node):
            if name in ("rate", "irate", "increase"):
                assert metric.endswith("_total")
            elif name in ("deriv", "delta"):
                assert not metric.endswith("_total")


def test_every_metric_of_the_exporter_is_on_a_board() -> None:
    asked = {metric for name in EXPRESSIONS for metric, _ in selectors(parse(EXPRESSIONS[name]))}
    not_for_boards = {
        "kafka_mirror_exporter_build_info",  # said by the landing page
        "kafka_mirror_exporter_config_last_reload_success_timestamp_seconds",  # as above
        "kafka_mirror_last_success_timestamp_seconds",  # the age of the data, as a moment
        "kafka_mirror_group_drift_threshold_records",  # with the drift of groups, which is not measured yet
    }

    assert set(LABELS) - asked - {"ALERTS", "ALERTS_FOR_STATE"} == not_for_boards
