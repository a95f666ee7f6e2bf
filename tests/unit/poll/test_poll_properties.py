"""Whatever happens to both clusters, a reading keeps its promises."""

import random

from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.views import group_readings, partition_readings

from estate import Estate
from fake_cluster import FakeLog

ORDERS, REMOTE = TopicPartition("orders", 0), TopicPartition("legacy.orders", 0)
EVENTS = {
    "p": "records are produced",
    "c": "records are copied",
    "w": "time passes",
    "s": "the source goes away or comes back",
    "t": "the target goes away or comes back",
    "d": "copied records are deleted on the source",
    "r": "the source's topic is made anew",
    "b": "the wall clock is stepped",
    "g": "a group commits somewhere",
}


def happen(event: str, estate: Estate, chance: random.Random) -> None:
    log = estate.source.log(*ORDERS)
    match event:
        case "p":
            estate.produce("orders", chance.randint(1, 30))
        case "c":
            estate.copy("orders", chance.randint(1, 40))
        case "w":
            estate.now += chance.choice([0.1, 7.0, 90.0])
        case "s":
            estate.source.is_down = not estate.source.is_down
        case "t":
            estate.target.is_down = not estate.target.is_down
        case "d":
            log.start = max(log.start, chance.randint(0, estate.copied.get(ORDERS, 0)))
        case "r":
            estate.source.logs[ORDERS] = FakeLog()
            estate.copied[ORDERS] = 0
        case "b":
            estate.wall_step += chance.choice([-3600.0, 3600.0])
        case "g":
            estate.source.groups["billing"] = {ORDERS: chance.randint(0, log.end)}
            remote = estate.target.log(*REMOTE)
            estate.target.groups["billing"] = {REMOTE: chance.randint(0, remote.end)}


@given(st.integers(0, 2**32), st.lists(st.sampled_from("".join(EVENTS) + "ppccc"), min_size=1, max_size=40))
def test_lag_is_never_negative_drift_keeps_its_bounds_and_positions_fall_only_by_a_reset(
    seed: int, events: list[str]
) -> None:
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    estate = Estate()
    estate.produce("orders", 10)
    estate.copy("orders", 10)
    position, resets = 0, 0
    for event in events:
        happen(event, estate, chance)
        reading = estate.measure(after=chance.choice([0.5, 5.0, 20.0]))

        for row in partition_readings(reading):
            assert row.lag_records is None or row.lag_records >= 0
            if row.drift_seconds is not None:
                upper = float("inf") if row.drift_upper_seconds is None else row.drift_upper_seconds
                assert 0 <= (row.drift_lower_seconds or 0) <= row.drift_seconds <= upper
                assert (row.drift_seconds == 0) or row.lag_records
            assert (row.position is None) == (row.origin == "unmeasured")
            if row.position is not None:
                assert row.position >= position or row.position_resets > resets
                assert row.position <= (row.source_high_watermark or 0)
                position, resets = row.position, row.position_resets
        for group in group_readings(reading):
            assert group.lag_records is None or group.lag_records >= 0
            if group.lag_seconds is not None and group.lag_upper_seconds is not None:
                assert (group.lag_lower_seconds or 0) <= group.lag_seconds <= group.lag_upper_seconds
