"""The page as the server renders it: all that can be read without a script."""

import re
from dataclasses import replace

import pytest

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.status.sentences import (
    count_text,
    records_text,
    seconds_text,
    shown_seconds,
)
from unit.exposition.hand_made import group_columns, mirror_reading, partition_columns, side_health, topics
from unit.exposition.scraping import FakeClock
from unit.web.running import running
from unit.web.sites import site_of

NASTY = '<script>alert("x")</script>'


def page_of(*readings: MirrorReading, now: float = 1001.0, source: str = "legacy") -> str:
    site = site_of(*readings, clock=FakeClock(now), mirrors=lambda: [(source, "redpanda")])
    with running(create_app(site)) as server:
        return server.ask("/").body.decode()


def all_measured(**changes: object) -> MirrorReading:
    """Of orders alone, without a loss, both partitions measured."""
    columns = partition_columns()
    rows = {name: getattr(columns, name)[:2] for name in columns.__dataclass_fields__ if name != "unmeasured"}
    orders = replace(topics()[0], last_loss_timestamp=None)
    return mirror_reading(partitions=replace(columns, **rows, unmeasured={}), topics=(orders,), **changes)


def test_the_page_shows_the_mirror_its_totals_and_its_worst_partitions() -> None:
    page = page_of(mirror_reading())

    assert "legacy → redpanda" in page
    assert '<dd data-fact="drift">2.5 s</dd>' in page
    assert '<dd data-fact="lag">5 records</dd>' in page
    assert '<dd data-fact="partitions">3</dd>' in page
    assert page.index('<th scope="row">audit</th>') < page.index('<th scope="row">orders</th>')
    assert "no_witness: no sync, no stored offset" in page
    assert '<th scope="row">billing</th>' in page


DOWN = {"source": side_health(), "target": side_health(up=False)}


@pytest.mark.parametrize(
    ("readings", "now", "tone", "word"),
    [
        ([], 1001.0, "unknown", "Waiting"),
        ([all_measured()], 1016.0, "unknown", "Stale"),
        ([all_measured(sides=DOWN)], 1001.0, "unknown", "Unreachable"),
        ([mirror_reading()], 1001.0, "bad", "Records lost"),
        ([all_measured()], 1001.0, "good", "Healthy"),
    ],
)
def test_the_health_of_a_mirror_is_one_word_and_one_colour(
    readings: list[MirrorReading], now: float, tone: str, word: str
) -> None:
    page = page_of(*readings, now=now)

    assert f'<div class="health {tone}">' in page
    assert f"<strong>{word}</strong>" in page


def test_names_are_text_and_never_markup() -> None:
    first, second, third = partition_columns().index
    index = (first._replace(topic=NASTY), second._replace(topic=NASTY), third)
    columns = replace(partition_columns(), index=index)
    (billing,) = mirror_reading().groups
    groups = replace(group_columns(), index=tuple((side, NASTY, tp) for side, _, tp in group_columns().index))
    reading = mirror_reading(
        source=NASTY,
        partitions=columns,
        topics=(replace(topics()[0], topic=NASTY), topics()[1]),
        groups=(replace(billing, group=NASTY),),
        group_columns=groups,
    )

    page = page_of(reading, source=NASTY)

    assert page.count("<script") == 1
    assert page.count("&lt;script&gt;") >= 5
    assert "/api/v1/mirrors/%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E/redpanda/partitions" in page


def test_the_policy_allows_the_files_of_the_page_and_nothing_else() -> None:
    with running(create_app(site_of(mirror_reading()))) as server:
        answer = server.ask("/")
        named = re.findall(r'(?:src|href)="(/static/[^"]*)"', answer.body.decode())
        files = [server.ask(path) for path in named]

    policy = answer.headers["content-security-policy"]
    page = answer.body.decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(named) == 3
    assert [file.status for file in files] == [200, 200, 200]
    assert not re.search(r'(src|href)="(?!/)', page)
    assert not re.search(r"<style|style=|<script(?! type=\"module\" src=)| on\w+=", page)


def test_a_file_is_sent_once_and_nothing_outside_the_folder_is_reached() -> None:
    with running(create_app(site_of(mirror_reading()))) as server:
        first = server.ask("/static/status.js")
        again = server.ask("/static/status.js", headers={"If-None-Match": first.headers["etag"]})
        outside = [server.ask(f"/static/{name}") for name in ("none.js", "..%2Fsite.py", "%2e%2e%2fsite.py")]

    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (again.status, again.body) == (304, b"")
    assert [answer.status for answer in outside] == [404, 404, 404]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),  # noqa: RUF001  # what the page shows
        (0.0, "0.0 s"),
        (2.54, "2.5 s"),
        (119.94, "119.9 s"),
        (119.97, "2m 0s"),
        (130.0, "2m 10s"),
        (11_100.0, "3h 5m"),
        (187_200.0, "2d 4h"),
    ],
)
def test_seconds_are_written_for_people(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text
    assert seconds_text(shown_seconds(seconds)) == text


def test_counts_are_written_with_their_unit() -> None:
    assert count_text(45200) == "45,200"
    assert records_text(1) == "1 record"
    assert records_text(45200) == "45,200 records"
