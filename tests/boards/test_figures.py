"""What the boards say of mirrors whose truth is known: made by hand, or broken on purpose."""

import re

import pytest

from boards.wide import DRIFT, LAG, LAG_OF_OTHERS, PARTITIONS, STALLED, TOPICS

from rig.boards import BoardQuery, board_queries
from rig.prometheus import Labels, Prometheus

KEEPING_UP, PARTLY_UNMEASURED, PAST_PAGE, PAST_FALLBACK = 0, 2, 4, 5
MIRRORS = ("legacy", "wide", "calm", "late", "later")


def query(panel: str, ref: str = "A", board: str = "migration") -> BoardQuery:
    (found,) = (
        q for q in board_queries() if (q.board, q.panel, q.ref) == (f"kafka-mirror-{board}", panel, ref)
    )
    return found


def answers(prometheus: Prometheus, asked: BoardQuery, **chosen: str) -> list[tuple[Labels, float]]:
    return prometheus.query(asked.seen_with(**chosen))


def values(prometheus: Prometheus, asked: BoardQuery, **chosen: str) -> list[float]:
    return [value for _, value in answers(prometheus, asked, **chosen)]


def test_replicas_of_the_exporter_do_not_double_a_sum(prometheus: Prometheus) -> None:
    """Two replicas say that orders-0 is 5 records behind, and that 7 were lost."""
    assert len(prometheus.query('kafka_mirror_lag_records{source="legacy", partition="0"}')) == 2

    assert values(prometheus, query("Lag"), source="legacy") == [5]
    assert values(prometheus, query("Records lost"), source="legacy") == [7]
    assert values(prometheus, query("Lag on the source", board="groups"), source="legacy") == [10]
    assert values(prometheus, query("Unmeasured partitions"), source="legacy") == [1]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("calm", KEEPING_UP),
        ("late", PAST_PAGE),
        ("later", PAST_FALLBACK),
        ("wide", PAST_PAGE),
        ("legacy", PARTLY_UNMEASURED),
    ],
)
def test_a_mirror_is_called_by_the_worst_that_is_true_of_it(
    prometheus: Prometheus, source: str, said: int
) -> None:
    assert values(prometheus, query("Mirrors"), source=source) == [said]


@pytest.mark.parametrize(
    ("source", "ref"), [("calm", "within"), ("late", "page"), ("later", "fallback"), ("wide", "page")]
)
def test_worst_drift_takes_the_colour_of_the_threshold_it_is_past(
    prometheus: Prometheus, source: str, ref: str
) -> None:
    refs = ("within", "page", "fallback")
    shown = {ref: values(prometheus, query("Worst drift", ref), source=source) for ref in refs}

    assert [ref for ref in refs if shown[ref]] == [ref]
    assert len(shown[ref]) == 1


def test_one_partition_among_three_thousand_jumps_out(prometheus: Prometheus) -> None:
    everything = "|".join(MIRRORS)
    worst = max(
        answers(prometheus, query("The twenty worst partitions now", "B"), source=everything),
        key=lambda row: row[1] if row[0]["source"] == "wide" else 0.0,
    )
    assert (worst[0]["topic"], worst[0]["partition"]) == (STALLED.topic, str(STALLED.partition))
    assert worst[1] == pytest.approx(DRIFT / 15)

    assert values(prometheus, query("Topics past their page threshold"), source="wide") == [1]
    assert values(prometheus, query("Late and not gaining"), source="wide") == [1]
    total = (TOPICS * PARTITIONS - 1) * LAG_OF_OTHERS + LAG
    assert values(prometheus, query("Lag"), source="wide") == [total]


def test_the_distribution_counts_every_measured_partition_once(prometheus: Prometheus) -> None:
    rows = {labels["le"]: n for labels, n in answers(prometheus, query("Partitions by drift"), source="wide")}

    assert rows == {"1": TOPICS * PARTITIONS - 1, "128": 1}


def test_an_unmeasured_partition_has_a_reason_and_no_figure(prometheus: Prometheus) -> None:
    rows = {
        ref: answers(prometheus, query("Partitions", ref, "topic"), source="legacy", topic="audit")
        for ref in "ABCDEFG"
    }

    assert [labels["reason"] for labels, _ in rows["A"]] == ["no_witness"]
    assert not any(rows[ref] for ref in "BCDEF")
    assert [end for _, end in rows["G"]] == [9], "what is known of it stands in its row"


def test_a_count_of_what_is_wrong_is_zero_only_while_something_is_measured(prometheus: Prometheus) -> None:
    counts = ("Topics past their page threshold", "Unmeasured partitions", "Late and not gaining")

    for panel in counts:
        assert values(prometheus, query(panel), source="calm") == [0]
        assert values(prometheus, query(panel), source="nobody") == []


@pytest.mark.parametrize("asked", board_queries(), ids=str)
def test_a_board_of_thousands_of_partitions_still_draws(prometheus: Prometheus, asked: BoardQuery) -> None:
    assert len(answers(prometheus, asked, source="wide")) <= 200


@pytest.mark.parametrize(
    ("board", "panel"), sorted({(q.board, q.panel) for q in board_queries() if not q.is_in_table})
)
def test_no_two_lines_of_a_panel_have_the_same_name(prometheus: Prometheus, board: str, panel: str) -> None:
    asked = [q for q in board_queries() if (q.board, q.panel) == (board, panel)]
    names = [
        re.sub(r"{{(\w+)}}", lambda found, labels=labels: labels[found[1]], q.legend)
        for q in asked
        for labels, _ in answers(prometheus, q)
    ]

    assert len(set(names)) == len(names)


def test_a_group_is_late_where_it_lives(prometheus: Prometheus) -> None:
    late = query("Groups past their threshold", board="groups")

    assert values(prometheus, late, source="late", group="reporting") == [1]
    assert values(prometheus, late, source="late", group="shipping") == [0]
    assert values(prometheus, late, source="calm") == [0]


def test_a_stalled_topic_has_throughput_on_the_source_alone(prometheus: Prometheus) -> None:
    grows = {
        side: values(
            prometheus, query("Throughput of both sides", ref, "topic"), source="calm", topic="inventory"
        )
        for side, ref in (("source", "A"), ("target", "B"))
    }

    assert grows["source"][0] == pytest.approx(200 / 3, rel=0.2)
    assert grows["target"] == [0]


def test_only_the_stalled_partitions_are_slowest(prometheus: Prometheus) -> None:
    slowest = answers(prometheus, query("Speed of the slowest positions", board="topic"), source="late")

    still = {labels["topic"] for labels, speed in slowest if speed == 0}
    assert still == {"inventory"}
