"""What a proxy is told over HTTP: what is known, until when it holds, and never a release by silence."""

from typing import Any

import pytest

from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackState
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading
from unit.exposition.scraping import FakeClock
from unit.web.running import Answer, running
from unit.web.sites import site_of
from unit.web.test_api import DOCUMENT, faults

ENGAGED = FallbackState(engaged=True, since=1789999999.0, reason="drift 121.3s over 120s on partition 7")
UNKNOWN = FallbackState(blind="partition 0 of audit is unmeasured (leader_unreachable)")
RELEASED = FallbackState(engaged=False, since=1789999000.0, reason="every partition confirmed in time")


def reading_of(*, is_by_mirror: bool = False, **states: FallbackState) -> MirrorReading:
    named = {"" if name == "whole" else name: state for name, state in states.items()}
    fallback = FallbackReading(
        is_by_mirror=is_by_mirror, states=named, transitions={"engaged": 1, "released": 0}
    )
    return mirror_reading(fallback=fallback)


def ask(query: str = "", *readings: MirrorReading, **changes: Any) -> Answer:
    with running(create_app(site_of(*readings, instance=lambda: "kme-0", **changes))) as server:
        return server.ask(f"/api/v1/fallback{query}")


def test_the_answer_has_the_form_that_proxies_rely_on() -> None:
    answer = ask("", reading_of(orders=ENGAGED))

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "generated_at": 1790000001.0, "valid_until": 1790000016.0, "instance": "kme-0",
        "mirrors": [{"source": "legacy", "target": "redpanda", "engaged": True, "blind": False,
                     "topics": [{"topic": "orders", "target_topic": "legacy.orders", "engaged": True,
                                 "since": 1789999999.0, "reason": "drift 121.3s over 120s on partition 7",
                                 "blind": False}]}],
    }  # fmt: skip
    schema = DOCUMENT["paths"]["/api/v1/fallback"]["get"]["responses"]["200"]["content"]
    assert faults(answer.json(), schema["application/json"]["schema"]) == []


def test_what_is_not_known_is_null_and_says_why() -> None:
    mirror = ask("?topic=audit", reading_of(orders=RELEASED, audit=UNKNOWN)).json()["mirrors"][0]

    assert (mirror["engaged"], mirror["blind"]) == (None, True)
    assert mirror["topics"][0]["engaged"] is None
    assert mirror["topics"][0]["reason"] == (
        "not known yet; blind: partition 0 of audit is unmeasured (leader_unreachable)"
    )


@pytest.mark.parametrize(
    ("states", "engaged"),
    [
        ({"orders": RELEASED, "audit": RELEASED}, False),
        ({"orders": RELEASED, "audit": UNKNOWN}, None),
        ({"orders": ENGAGED, "audit": UNKNOWN}, True),
        ({}, None),
    ],
    ids=["released", "one unknown", "one engaged", "nothing"],
)
def test_a_mirror_is_released_only_when_every_topic_is(
    states: dict[str, FallbackState],
    engaged: bool | None,  # noqa: FBT001 - a case of the table
) -> None:
    assert ask("", reading_of(**states)).json()["mirrors"][0]["engaged"] is engaged


def test_a_topic_that_nobody_knows_is_not_released() -> None:
    mirror = ask("?topic=nobody", reading_of(orders=RELEASED)).json()["mirrors"][0]

    assert (mirror["engaged"], mirror["topics"]) == (None, [])


def test_a_reading_that_is_too_old_blinds_and_releases_nobody() -> None:
    answer = ask("", reading_of(orders=ENGAGED), clock=FakeClock(1016.0)).json()["mirrors"][0]

    assert (answer["engaged"], answer["blind"]) == (True, True)
    assert answer["topics"][0]["reason"].endswith("; blind: the last reading is too old")


def test_by_mirror_every_topic_has_the_state_of_the_whole() -> None:
    mirror = ask("", reading_of(is_by_mirror=True, whole=ENGAGED)).json()["mirrors"][0]

    assert {topic["topic"]: topic["engaged"] for topic in mirror["topics"]} == {"orders": True}


def test_before_the_first_poll_it_is_503_and_never_an_empty_answer() -> None:
    assert ask("").status == 503


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?source=legacy", 200),
        ("?source=legacy&target=redpanda", 200),
        ("?target=elsewhere", 404),
        ("?topics=x", 400),
    ],
)
def test_it_can_be_narrowed(query: str, status: int) -> None:
    assert ask(query, reading_of(orders=ENGAGED)).status == status


def test_where_the_fallback_is_off_nobody_is_told_that_it_is_released() -> None:
    answer = ask("", mirror_reading(fallback=None))

    assert (answer.status, answer.json()) == (
        404,
        {"error": "The fallback is off: fallback.enabled is false."},
    )
