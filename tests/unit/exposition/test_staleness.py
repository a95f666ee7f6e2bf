from kafka_mirror_exporter.metrics import METRICS, OfExporter
from unit.exposition.hand_made import mirror_reading, side_health
from unit.exposition.scraping import FakeClock, exposition_of, series, value


def test_a_reading_older_than_three_polls_loses_its_measurements_and_keeps_topics_and_health() -> None:
    clock = FakeClock(1000.0)
    exposition = exposition_of(mirror_reading(), clock=clock, poll_interval=10.0)

    clock.now = 1030.0
    at_three_polls = {name for name, _ in series(exposition)}
    clock.now = 1030.1
    after = {name for name, _ in series(exposition)}

    assert at_three_polls >= {spec.name for spec in METRICS}
    assert at_three_polls - after == {spec.name for spec in METRICS if not isinstance(spec.values, OfExporter)
                                      and not spec.stays_when_stale}  # fmt: skip
    assert after >= {
        "kafka_mirror_topic_info",
        "kafka_mirror_topic_state",
        "kafka_mirror_drift_threshold_seconds",
        "kafka_mirror_data_age_seconds",
    }
    assert not after & {
        "kafka_mirror_drift_seconds",
        "kafka_mirror_group_lag_records",
        "kafka_mirror_brokers",
    }
    assert value(exposition, "kafka_mirror_cluster_up", side="source") == 0


def test_a_reading_counts_as_fresh_for_fifteen_seconds_however_short_the_interval() -> None:
    clock = FakeClock(1014.9)
    exposition = exposition_of(mirror_reading(), clock=clock, poll_interval=1.0)

    before = value(exposition, "kafka_mirror_cluster_up", side="source")
    clock.now = 1015.1
    after = value(exposition, "kafka_mirror_cluster_up", side="source")

    assert (before, after) == (1, 0)


def test_a_cluster_that_did_not_answer_is_down_while_the_other_is_up() -> None:
    sides = {"source": side_health(), "target": side_health(up=False)}
    exposition = exposition_of(mirror_reading(sides=sides))

    assert value(exposition, "kafka_mirror_cluster_up", side="source") == 1
    assert value(exposition, "kafka_mirror_cluster_up", side="target") == 0


def test_the_age_of_data_is_that_at_the_moment_of_the_scrape() -> None:
    clock = FakeClock(1002.5)
    exposition = exposition_of(mirror_reading(), clock=clock)

    # The stage last succeeded at 990 by the same clock.
    assert value(exposition, "kafka_mirror_data_age_seconds", stage="metadata") == 12.5
    clock.now = 1005.0
    assert value(exposition, "kafka_mirror_data_age_seconds", stage="metadata") == 15.0
