import gzip
import logging
import zlib
from array import array
from dataclasses import replace

import pytest

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import PartitionColumns
from kafka_mirror_exporter.errors import RenderError
from kafka_mirror_exporter.exposition import Format
from kafka_mirror_exporter.metrics import METRICS, MetricSpec, OfExporter
from unit.exposition.hand_made import (
    AUDIT_0,
    FACTS,
    ORDERS_0,
    group_columns,
    mirror_reading,
    partition_columns,
    topics,
)
from unit.exposition.scraping import exposition_of, families, series, value


@pytest.mark.parametrize("output", ["text", "openmetrics"])
@pytest.mark.parametrize("spec", METRICS, ids=lambda spec: spec.name)
def test_every_metric_of_the_table_is_exported_with_its_type_and_its_labels(
    spec: MetricSpec, output: Format
) -> None:
    found = families(exposition_of(mirror_reading()), output)[
        spec.family if output == "openmetrics" or spec.kind == "counter" else spec.name
    ]

    expected = set(spec.labels) | (set() if isinstance(spec.values, OfExporter) else {"source", "target"})
    assert found.type == spec.kind
    assert found.documentation == spec.help
    assert found.samples
    assert all(set(sample.labels) == expected and sample.name == spec.name for sample in found.samples)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("kafka_mirror_lag_records", {"topic": "orders", "partition": "0"}, 5),
        ("kafka_mirror_drift_seconds", {"topic": "orders", "partition": "0"}, 2.5),
        ("kafka_mirror_drift_seconds", {"topic": "orders", "partition": "1"}, 0),
        ("kafka_mirror_position_offset", {"topic": "orders", "partition": "0"}, 100),
        ("kafka_mirror_high_watermark", {"side": "source", "topic": "orders", "partition": "0"}, 105),
        ("kafka_mirror_high_watermark", {"side": "target", "topic": "audit", "partition": "0"}, 9),
        ("kafka_mirror_log_start_offset", {"side": "source", "topic": "orders", "partition": "0"}, 10),
        ("kafka_mirror_last_stable_offset", {"side": "source", "topic": "orders", "partition": "0"}, 104),
        ("kafka_mirror_lost_records_total", {"topic": "orders", "partition": "0"}, 7),
        ("kafka_mirror_lost_records_total", {"topic": "audit", "partition": "0"}, 0),
        ("kafka_mirror_position_resets_total", {"topic": "orders", "partition": "1"}, 2),
        ("kafka_mirror_pre_mirror_records", {"topic": "orders", "partition": "0"}, 10),
        (
            "kafka_mirror_last_record_timestamp_seconds",
            {"side": "source", "topic": "orders", "partition": "0"},
            1790000001.25,
        ),
        (
            "kafka_mirror_group_lag_seconds",
            {"side": "source", "group": "billing", "topic": "orders", "partition": "0"},
            6.25,
        ),
        (
            "kafka_mirror_group_committed_offset",
            {"side": "target", "group": "billing", "topic": "orders", "partition": "0"},
            80,
        ),
        ("kafka_mirror_group_members", {"side": "source", "group": "billing"}, 2),
        ("kafka_mirror_group_state", {"group": "billing", "state": "on_source"}, 1),
        ("kafka_mirror_topic_state", {"topic": "audit", "state": "blind"}, 1),
        ("kafka_mirror_topic_info", {"topic": "orders", "target_topic": "legacy.orders"}, 1),
        ("kafka_mirror_partitions", {"origin": "tail_match"}, 1),
        ("kafka_mirror_partitions", {"origin": "unmeasured"}, 1),
        ("kafka_mirror_partitions", {"origin": "connect_offset"}, 0),
        ("kafka_mirror_unmeasured", {"topic": "audit", "partition": "0", "reason": "no_witness"}, 1),
        ("kafka_mirror_drift_threshold_seconds", {"topic": "orders", "level": "fallback"}, 120),
        ("kafka_mirror_group_threshold_seconds", {"level": "lag"}, 15),
        ("kafka_mirror_brokers", {"side": "target", "state": "failing"}, 1),
        ("kafka_mirror_poll_failures_total", {"stage": "groups"}, 4),
        ("kafka_mirror_polls_total", {}, 3),
        ("kafka_mirror_connector_tasks", {"connector": "mm2-source", "state": "RUNNING"}, 4),
        ("kafka_mirror_heartbeat_timestamp_seconds", {}, 1789999999.5),
        ("kafka_mirror_cluster_up", {"side": "source"}, 1),
    ],
)
def test_values_arrive_as_they_stand_in_the_reading(
    name: str, labels: dict[str, str], expected: float
) -> None:
    assert value(exposition_of(mirror_reading()), name, **labels) == expected


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("kafka_mirror_lag_records", {"topic": "audit", "partition": "0"}),
        ("kafka_mirror_drift_seconds", {"topic": "audit", "partition": "0"}),
        ("kafka_mirror_pre_mirror_records", {"topic": "orders", "partition": "1"}),
        ("kafka_mirror_open_transaction_seconds", {"topic": "orders", "partition": "1"}),
        ("kafka_mirror_high_watermark", {"side": "source", "topic": "audit", "partition": "0"}),
        ("kafka_mirror_topic_state", {"topic": "audit", "state": "mirroring"}),
        ("kafka_mirror_drift_threshold_seconds", {"topic": "audit", "level": "fallback"}),
        ("kafka_mirror_group_threshold_seconds", {"level": "drift"}),
        ("kafka_mirror_data_age_seconds", {"stage": "groups"}),
        ("kafka_mirror_topic_catch_up_seconds", {"topic": "audit"}),
    ],
)
def test_what_was_not_measured_or_is_off_has_no_series(name: str, labels: dict[str, str]) -> None:
    assert value(exposition_of(mirror_reading()), name, **labels) is None


def test_no_line_carries_a_number_that_stands_for_absence() -> None:
    columns = replace(partition_columns(), drift=array("d", [float("inf"), float("nan"), 1.0]))

    body = gzip.decompress(exposition_of(mirror_reading(partitions=columns)).gzipped("text")).decode()

    own = [line for line in body.splitlines() if line.startswith("kafka_mirror_")]
    assert own
    assert not [line for line in own if line.rpartition(" ")[2].lower() in ("-1", "nan", "inf", "-1.0")]


def test_a_partition_is_not_called_unmeasured_while_its_whole_cluster_is_away_or_when_it_has_a_drift() -> (
    None
):
    columns = replace(
        partition_columns(),
        unmeasured={
            0: Unmeasured(Reason.NOT_VERIFIABLE),
            2: Unmeasured(Reason.CLUSTER_UNREACHABLE),
        },
    )

    names = {name for name, _ in series(exposition_of(mirror_reading(partitions=columns)))}

    assert "kafka_mirror_unmeasured" not in names


def test_both_formats_carry_the_same_series_of_the_mirror() -> None:
    exposition = exposition_of(mirror_reading())

    text, openmetrics = (
        {key: v for key, v in series(exposition, output).items() if key[0].startswith("kafka_mirror_")}
        for output in ("text", "openmetrics")
    )

    assert text == openmetrics


def test_openmetrics_ends_with_its_mark_and_names_units_only_where_the_name_ends_with_them() -> None:
    body = gzip.decompress(exposition_of(mirror_reading()).gzipped("openmetrics")).decode()

    assert body.endswith("# EOF\n")
    assert body.count("# EOF") == 1
    assert "# UNIT kafka_mirror_drift_seconds seconds\n" in body
    assert "# UNIT kafka_mirror_client_received_bytes bytes\n" in body
    assert "# UNIT kafka_mirror_lag_records" not in body
    assert "_created" not in body


def test_families_stay_contiguous_over_several_mirrors() -> None:
    exposition = exposition_of(mirror_reading(), mirror_reading(source="other"))

    found = families(exposition, "openmetrics")["kafka_mirror_lag_records"]

    assert {sample.labels["source"] for sample in found.samples} == {"legacy", "other"}


def test_the_plain_body_is_the_compressed_one_inflated_in_pieces() -> None:
    n = 20_000
    index = tuple(TopicPartition("orders", number) for number in range(n))
    columns = replace(PartitionColumns.absent(index), lag=array("q", range(n)))
    exposition = exposition_of(mirror_reading(partitions=columns))

    pieces = [piece for piece in exposition.plain("text") if b"kafka_mirror_lag_records" in piece]
    body = gzip.decompress(exposition.gzipped("text"))

    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 1 << 16
    assert b"".join(pieces) in body
    assert body.count(b"kafka_mirror_lag_records{") == n


def test_the_compressed_body_is_one_gzip_member() -> None:
    stream = zlib.decompressobj(wbits=31)

    stream.decompress(exposition_of(mirror_reading()).gzipped("text"))

    assert stream.eof
    assert stream.unused_data == b""


def test_series_of_a_partition_that_is_gone_are_gone_with_the_next_reading() -> None:
    exposition = exposition_of(mirror_reading())
    gone = value(exposition, "kafka_mirror_lost_records_total", topic="audit", partition="0")
    columns = replace(PartitionColumns.absent((ORDERS_0,)), lag=array("q", [6]))

    exposition.publish(mirror_reading(partitions=columns, topics=topics()[:1]))

    assert gone == 0
    assert value(exposition, "kafka_mirror_lost_records_total", topic="audit", partition="0") is None
    assert value(exposition, "kafka_mirror_lag_records", topic="orders", partition="0") == 6


def test_groups_reported_per_topic_carry_no_partition() -> None:
    columns = replace(
        group_columns(),
        index=(
            ("source", "billing", TopicPartition("orders", -1)),
            ("target", "billing", TopicPartition("orders", -1)),
        ),
    )
    exposition = exposition_of(mirror_reading(group_columns=columns, series_limited=True))

    labels = {"side": "source", "group": "billing", "topic": "orders"}
    assert value(exposition, "kafka_mirror_group_lag_records", **labels) == 10
    assert value(exposition, "kafka_mirror_series_limited") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"partitions": replace(partition_columns(), index=(ORDERS_0, ORDERS_0, AUDIT_0))},
        {"group_columns": replace(group_columns(), index=(("source", "g", ORDERS_0),) * 2)},
        {"topics": (topics()[0], topics()[0])},
    ],
    ids=["partitions", "groups", "topics"],
)
def test_two_rows_with_the_same_labels_are_refused(changes: dict[str, object]) -> None:
    exposition = exposition_of()
    exposition.gzipped("text")

    with pytest.raises(RenderError, match="two rows share the labels"):
        exposition.publish(mirror_reading(**changes))


def test_a_mirror_that_cannot_be_rendered_does_not_hide_the_others(caplog: pytest.LogCaptureFixture) -> None:
    exposition = exposition_of(
        mirror_reading(source="broken", topics=(topics()[0], topics()[0])), mirror_reading()
    )

    with caplog.at_level(logging.ERROR):
        found = {
            dict(labels).get("source") for name, labels in series(exposition) if name.endswith("lag_records")
        }

    assert found == {"legacy"}
    assert "broken -> redpanda is left out" in caplog.text


def test_a_mirror_that_left_the_configuration_leaves_the_exposition() -> None:
    exposition = exposition_of(mirror_reading(), mirror_reading(source="other"))

    exposition.reconfigure(mirrors=[("legacy", "redpanda")], poll_interval=5.0)

    sources = {dict(labels).get("source") for _, labels in series(exposition)}
    assert sources == {None, "legacy"}


def test_a_failed_reload_is_said_and_keeps_the_moment_of_the_last_good_one() -> None:
    exposition = exposition_of()

    exposition.record_reload(is_successful=False, at=1790000100.0)
    failed = series(exposition)
    exposition.record_reload(is_successful=True, at=1790000200.0)
    repaired = series(exposition)

    names = (
        "kafka_mirror_exporter_config_last_reload_successful",
        "kafka_mirror_exporter_config_last_reload_success_timestamp_seconds",
    )
    assert [failed[name, frozenset()] for name in names] == [0, FACTS.last_reload_success_at]
    assert [repaired[name, frozenset()] for name in names] == [1, 1790000200.0]


def test_the_process_describes_itself() -> None:
    names = {name for name, _ in series(exposition_of())}

    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "python_info"} <= names
