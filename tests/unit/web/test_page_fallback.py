"""What the page says of the fallback: engaged, since when and why; not known; or nothing where it is off."""

import re

from kafka_mirror_exporter.core.fallback import FallbackState
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading
from unit.web.running import running
from unit.web.sites import site_of
from unit.web.test_fallback_api import ENGAGED, RELEASED, UNKNOWN, reading_of


def said_of(reading: MirrorReading) -> list[tuple[str, str]]:
    """Tone and text of each line."""
    with running(create_app(site_of(reading))) as server:
        page = server.ask("/").body.decode()
    found = re.search(r'<ul class="fallback"[^>]*>(.*?)</ul>', page, re.DOTALL)
    assert found is not None
    return re.findall(r'<li class="(\w+)">(.*?)</li>', found[1])


def test_what_is_engaged_comes_first_with_since_and_why() -> None:
    assert said_of(reading_of(audit=UNKNOWN, orders=ENGAGED)) == [
        ("worst", "Fallback engaged for orders since 14:13:19 UTC: drift 121.3s over 120s on partition 7"),
        ("unknown", "Fallback not known yet for audit"),
    ]


def test_what_is_released_is_said_in_one_line() -> None:
    assert said_of(reading_of(audit=RELEASED, orders=RELEASED)) == [
        ("good", "Fallback not engaged for 2 topics")
    ]


def test_many_engaged_topics_are_counted() -> None:
    states = {f"t{number}": FallbackState(engaged=True, reason="late") for number in range(8)}
    said = said_of(reading_of(**states))

    assert len(said) == 6
    assert said[-1] == ("worst", "Fallback engaged for 3 more")


def test_nothing_is_said_where_it_is_off() -> None:
    assert said_of(mirror_reading(fallback=None)) == []
