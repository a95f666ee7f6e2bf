"""The metrics of the fallback: absent while it is off or not known, and blind when nobody has looked."""

from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackState
from unit.exposition.hand_made import mirror_reading
from unit.exposition.scraping import FakeClock, exposition_of, series, value

STATES = {
    "orders": FallbackState(engaged=True),
    "audit": FallbackState(engaged=False),
    "cards": FallbackState(blind="partition 0 of cards is unmeasured"),
}
FALLBACK = FallbackReading(is_by_mirror=False, states=STATES, transitions={"engaged": 3, "released": 2})


def test_what_is_not_known_has_no_sample_and_is_blind() -> None:
    exposition = exposition_of(mirror_reading(fallback=FALLBACK))

    assert [value(exposition, "kafka_mirror_fallback_engaged", topic=t) for t in STATES] == [1, 0, None]
    assert [value(exposition, "kafka_mirror_fallback_blind", topic=t) for t in STATES] == [0, 0, 1]
    assert value(exposition, "kafka_mirror_fallback_transitions_total", to="engaged") == 3
    assert value(exposition, "kafka_mirror_fallback_transitions_total", to="released") == 2


def test_a_state_outlives_its_reading_and_is_blind_then() -> None:
    clock = FakeClock()
    exposition = exposition_of(mirror_reading(fallback=FALLBACK), clock=clock)
    clock.now += 60.0

    assert value(exposition, "kafka_mirror_fallback_engaged", topic="orders") == 1
    assert [value(exposition, "kafka_mirror_fallback_blind", topic=t) for t in STATES] == [1, 1, 1]


def test_a_mirror_that_is_engaged_as_a_whole_has_an_empty_topic() -> None:
    whole = FallbackReading(is_by_mirror=True, states={"": FallbackState(engaged=True)}, transitions={})

    assert (
        value(exposition_of(mirror_reading(fallback=whole)), "kafka_mirror_fallback_engaged", topic="") == 1
    )


def test_where_the_fallback_is_off_there_is_nothing_of_it() -> None:
    found = series(exposition_of(mirror_reading(fallback=None)))

    assert not [name for name, _ in found if name.startswith("kafka_mirror_fallback_")]


def test_notifications_are_counted_by_receiver_and_outcome() -> None:
    exposition = exposition_of(mirror_reading(notifications={("proxy:8080", "failed"): 4}))
    name = "kafka_mirror_notifications_total"

    assert value(exposition, name, receiver="proxy:8080", outcome="failed") == 4
