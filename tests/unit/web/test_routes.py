import gzip
from collections.abc import Iterator

import pytest

from kafka_mirror_exporter.errors import ConfigError, Fault
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading
from unit.exposition.scraping import FakeClock
from unit.web.running import Running, running
from unit.web.sites import MIRROR, site_of

PARTITIONS = "/api/v1/mirrors/legacy/redpanda/partitions"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(create_app(site_of(mirror_reading()))) as server:
        yield server


def test_a_scrape_gets_the_text_format_unless_it_asks_for_another(server: Running) -> None:
    answer = server.ask("/metrics")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "content-encoding" not in answer.headers
    assert (
        b'kafka_mirror_lag_records{source="legacy",target="redpanda",topic="orders",partition="0"} 5\n'
        in (answer.body)
    )


def test_a_scrape_gets_openmetrics_and_gzip_by_asking(server: Running) -> None:
    answer = server.ask(
        "/metrics",
        headers={"Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "gzip"},
    )

    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert gzip.decompress(answer.body).endswith(b"# EOF\n")


@pytest.mark.parametrize("path", ["/metrics", "/", "/-/healthy", "/api/v1/mirrors", "/api/v1/openapi.json"])
def test_head_answers_as_get_without_a_body(server: Running, path: str) -> None:
    answer = server.ask(path, method="HEAD")

    assert answer.status == 200
    assert answer.body == b""


@pytest.mark.parametrize(
    ("path", "method", "status", "sentence"),
    [
        ("/nothing", "GET", 404, "There is nothing at this path."),
        ("/api/v1/mirrors/legacy/redpanda", "GET", 404, "There is nothing at this path."),
        ("/api/v1/mirrors/legacy/other/partitions", "GET", 404, "There is no mirror from legacy to other."),
        ("/metrics", "POST", 405, "This path does not know that method."),
        (PARTITIONS, "DELETE", 405, "This path does not know that method."),
        ("/-/reload", "GET", 405, "This path does not know that method."),
        ("/-/reload", "POST", 403, "Reloading over HTTP is off; start with --web.enable-lifecycle."),
        (
            f"{PARTITIONS}?limit=0",
            "GET",
            400,
            "The parameter limit is a whole number from 1 to 5000, not '0'.",
        ),
        (
            f"{PARTITIONS}?limit=5001",
            "GET",
            400,
            "The parameter limit is a whole number from 1 to 5000, not '5001'.",
        ),
        (
            f"{PARTITIONS}?offset=-1",
            "GET",
            400,
            "The parameter offset is a whole number from 0 to 10000000, not '-1'.",
        ),
        (f"{PARTITIONS}?unmeasured=yes", "GET", 400, "The parameter unmeasured is true or false, not 'yes'."),
        (f"{PARTITIONS}?topic=a&topic=b", "GET", 400, "The parameter topic is given more than once."),
        ("/api/v1/mirrors?limit=1", "GET", 400, "Unknown parameter limit; this path knows: none."),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    server: Running, path: str, method: str, status: int, sentence: str
) -> None:
    answer = server.ask(path, method=method)

    assert (answer.status, answer.json()) == (status, {"error": sentence})


def test_health_is_lost_after_six_polls_without_a_sign_of_life_and_regained_with_one() -> None:
    clock = FakeClock(1030.0)
    site = site_of(clock=clock)
    with running(create_app(site)) as server:
        at_six_polls = server.ask("/-/healthy").status
        clock.now = 1030.5
        later = server.ask("/-/healthy").status
        site.latest.mark_alive(MIRROR, now_monotonic=1030.0)
        alive = server.ask("/-/healthy").status

    assert (at_six_polls, later, alive) == (200, 503, 200)


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
def test_readiness_is_what_the_application_says(*, is_ready: bool, status: int) -> None:
    with running(create_app(site_of(is_ready=lambda: is_ready))) as server:
        assert server.ask("/-/ready").status == status


def test_a_reload_is_done_and_its_faults_are_listed() -> None:
    reloads = []

    def reload() -> None:
        reloads.append(1)
        if len(reloads) == 2:
            raise ConfigError(
                [Fault(path="poll.interval", sentence="is not a duration", file="c.yaml", line=3)]
            )

    with running(create_app(site_of(reload=reload))) as server:
        good = server.ask("/-/reload", method="POST")
        bad = server.ask("/-/reload", method="POST")

    assert good.status == 200
    assert bad.status == 500
    assert bad.json() == {
        "error": "The configuration has faults; the one before stays in force.",
        "faults": ["c.yaml:3: poll.interval: is not a duration"],
    }


def test_a_mirror_without_a_reading_is_listed_and_its_rows_are_not_there_yet() -> None:
    with running(create_app(site_of())) as server:
        listed = server.ask("/api/v1/mirrors").json()["mirrors"]
        rows = server.ask(PARTITIONS)

    assert [(m["source"], m["target"], m["measured_at"]) for m in listed] == [("legacy", "redpanda", None)]
    assert rows.status == 503
    assert rows.json() == {"error": "The mirror from legacy to redpanda was not polled yet."}
