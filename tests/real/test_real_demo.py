"""The demo on real clusters: every fault that can be pressed does what it says, and clear ends it."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.cli.demo import _config
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import group_readings, partition_readings
from kafka_mirror_exporter.demo.workload import BUSY_TOPICS
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.process import wait_until
from rig.real_stand import RealStand

RATE = 120.0
Poll = Callable[[], MirrorReading]


@pytest.fixture(scope="module")
def stand() -> Iterator[RealStand]:
    with closing(RealStand(rate=RATE)) as stand:
        yield stand


@pytest.fixture
def poll(stand: RealStand) -> Iterator[Poll]:
    """The exporter, as the demo configures it, on a stand where all is well."""
    config = _config(stand)
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        wait_until(
            lambda: drifts(mirror.poll()).keys() >= set(BUSY_TOPICS), seconds=30, what="all is measured"
        )
        yield mirror.poll
    finally:
        stand.press("clear")
        wait_until(
            lambda: max(drifts(mirror.poll()).values(), default=99.0) < 2,
            seconds=60,
            what="all is well again",
        )
        mirror.close(timeout=2)


def drifts(reading: MirrorReading) -> dict[str, float]:
    """The worst drift of each topic that is measured."""
    worst: dict[str, float] = {}
    for row in partition_readings(reading):
        if row.drift_seconds is not None:
            worst[row.topic] = max(worst.get(row.topic, 0.0), row.drift_seconds)
    return worst


def test_one_topic_stands_still_and_the_others_flow(stand: RealStand, poll: Poll) -> None:
    stand.press("stall", topic="orders")
    wait_until(lambda: drifts(poll())["orders"] > 5, seconds=40, what="orders is behind")

    others = drifts(poll())
    assert max(others[topic] for topic in BUSY_TOPICS if topic != "orders") < 3
    tasks = poll().connector_tasks
    assert ("mirror-inventory", "running") in tasks


def test_everything_stands_still(stand: RealStand, poll: Poll) -> None:
    stand.press("stall-all")

    wait_until(
        lambda: min(drifts(poll())[topic] for topic in BUSY_TOPICS) > 5, seconds=40, what="all are behind"
    )


def test_a_slow_mirror_falls_behind_and_goes_on(stand: RealStand, poll: Poll) -> None:
    stand.press("slow", rate=RATE / 4)
    wait_until(lambda: max(drifts(poll()).values()) > 5, seconds=60, what="the mirror falls behind")

    before = positions(poll())
    wait_until(lambda: positions(poll()) > before, seconds=20, what="and goes on copying")


def positions(reading: MirrorReading) -> int:
    return sum(row.position or 0 for row in partition_readings(reading))


def test_records_are_lost(stand: RealStand, poll: Poll) -> None:
    stand.press("lose", topic="orders")

    wait_until(
        lambda: any(
            r.lost_records for r in partition_readings(poll()) if (r.topic, r.partition) == ("orders", 0)
        ),
        seconds=30,
        what="the loss is counted",
    )


def test_a_group_stops_reading(stand: RealStand, poll: Poll) -> None:
    stand.press("stop-group", group="reporting")

    wait_until(
        lambda: (
            max(
                r.lag_seconds or 0
                for r in group_readings(poll())
                if (r.group, r.side) == ("reporting", "target")
            )
            > 5
        ),
        seconds=40,
        what="the group is late",
    )
