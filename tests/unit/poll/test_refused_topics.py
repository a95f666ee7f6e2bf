"""Topics of the mirror's own that may not be read: said once, and the reason where nothing else tells."""

from dataclasses import replace

import pytest

from kafka_mirror_exporter.clusters.reader import Isolation, TailedRecords
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.errors import ApiUnavailable
from kafka_mirror_exporter.poll.settings import may_read_none

from estate import SETTINGS, Estate, one
from fake_cluster import FakeCluster

SYNCS = "mm2-offset-syncs.redpanda.internal"


class Guarded(FakeCluster):
    """Refuses to hand out offset syncs."""

    def tail(self, topic: str, *, isolation: Isolation, max_bytes: int, timeout: float) -> TailedRecords:
        if topic == SYNCS:
            raise ApiUnavailable(f"{topic}: not for you", reason=Reason.NOT_AUTHORIZED)
        return super().tail(topic, isolation=isolation, max_bytes=max_bytes, timeout=timeout)


def guarded(**settings: object) -> Estate:
    estate = Estate(settings=replace(SETTINGS, **settings), source=Guarded())  # type: ignore[arg-type]
    estate.produce("orders", 10)
    estate.copy("orders", 6)
    return estate


def test_where_records_tell_the_position_is_known_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    estate = guarded()
    for _ in range(4):
        reading = estate.measure()

    assert (one(reading, "orders").position, one(reading, "orders").origin) == (6, "tail_match")
    assert [record.message for record in caplog.records if SYNCS in record.message] == [
        f"a topic of the mirror's own cannot be read on the source: {SYNCS}: not for you"
    ]


def test_where_nothing_else_tells_that_is_the_reason() -> None:
    estate = guarded(may_read=may_read_none)
    estate.measure()
    row = one(estate.measure(), "orders")

    assert row.position is None
    assert row.unmeasured is not None
    assert row.unmeasured.reason == Reason.NOT_AUTHORIZED
    assert SYNCS in row.unmeasured.detail
