import base64
import hashlib
import re
from dataclasses import replace

import pytest

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.landing import seconds_text
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading, partition_columns, side_health, topics
from unit.exposition.scraping import FakeClock
from unit.web.running import running
from unit.web.sites import site_of

NASTY = '<script>alert("x")</script>'


def page_of(*readings: MirrorReading, now: float = 1001.0, source: str = "legacy") -> str:
    site = site_of(*readings, clock=FakeClock(now), mirrors=lambda: [(source, "redpanda")])
    with running(create_app(site)) as server:
        return server.ask("/").body.decode()


def test_the_page_shows_the_mirror_its_totals_and_its_worst_partitions() -> None:
    page = page_of(mirror_reading())

    assert "legacy → redpanda" in page
    assert "3 partitions" in page
    assert "Lag 5 records, worst drift 2.5 s" in page
    assert page.index("<td>audit</td>") < page.index("<td>orders</td>")
    assert "no_witness: no sync, no stored offset" in page


@pytest.mark.parametrize(
    ("readings", "now", "verdict"),
    [
        ([], 1001.0, "waiting"),
        ([mirror_reading()], 1016.0, "stale"),
        ([mirror_reading(sides={"source": side_health(), "target": side_health(up=False)})], 1001.0, "down"),
        ([mirror_reading()], 1001.0, "unmeasured"),
        ([mirror_reading(partitions=replace(partition_columns(), unmeasured={}))], 1001.0, "up"),
    ],
)
def test_the_state_of_a_mirror_is_one_word(readings: list[MirrorReading], now: float, verdict: str) -> None:
    assert f'<span class="verdict {verdict}">{verdict}</span>' in page_of(*readings, now=now)


def test_names_are_text_and_never_markup() -> None:
    first, second, third = partition_columns().index
    index = (first._replace(topic=NASTY), second._replace(topic=NASTY), third)
    columns = replace(partition_columns(), index=index)
    reading = mirror_reading(
        source=NASTY, partitions=columns, topics=(replace(topics()[0], topic=NASTY), topics()[1])
    )

    page = page_of(reading, source=NASTY)

    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "/api/v1/mirrors/%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E/redpanda/partitions" in page


def test_the_policy_allows_the_style_of_the_page_and_nothing_else() -> None:
    with running(create_app(site_of(mirror_reading()))) as server:
        answer = server.ask("/")

    policy = answer.headers["content-security-policy"]
    styles = re.findall(r"<style>(.*?)</style>", answer.body.decode(), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    assert [f"'sha256-{digest}'" for digest in digests] == re.findall(r"'sha256-[^']*'", policy)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'(src|href)="(?!/)', answer.body.decode())
    assert "style=" not in answer.body.decode()


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.0, "0.0 s"), (2.54, "2.5 s"), (600.0, "10 min"), (10800.0, "3.0 h")]
)
def test_seconds_are_written_for_people(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text
