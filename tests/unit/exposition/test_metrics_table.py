import pytest

from kafka_mirror_exporter.metrics import METRICS, MetricSpec, OfReading, metrics_table_markdown


def test_the_table_for_people_has_a_row_for_every_metric_with_its_labels() -> None:
    rows = metrics_table_markdown().splitlines()

    assert len(rows) == 2 + len(METRICS)
    assert (
        "| `kafka_mirror_drift_seconds` | gauge | source, target, topic, partition | How long the first "
        "unmirrored record has been waiting on the source; 0 when caught up. |"
    ) in rows
    assert any(
        row.startswith("| `kafka_mirror_exporter_config_last_reload_successful` | gauge |  |") for row in rows
    )


def test_names_are_unique_and_begin_with_the_prefix() -> None:
    names = [spec.name for spec in METRICS]

    assert len(set(names)) == len(names)
    assert all(name.startswith("kafka_mirror_") for name in names)


@pytest.mark.parametrize(("name", "kind"), [("kafka_mirror_x_total", "gauge"), ("kafka_mirror_x", "counter")])
def test_only_counters_end_with_total(name: str, kind: str) -> None:
    with pytest.raises(ValueError, match="counters and only counters"):
        MetricSpec(name=name, kind=kind, help="", values=OfReading(lambda _reading: ()))
