"""The page with 10,000 partitions: its weight, its first paint, and that no update holds it up."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect

from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.status.board import Board
from unit.web.estates import Drift, estate, names
from unit.web.running import running
from unit.web.sites import site_of

from opened import Open
from tracing import traced

TOPICS, PARTITIONS = names(500), 20
CELLS = len(TOPICS) * PARTITIONS
LONGEST_TASK_MS = 100
Figure = Callable[[str, object], None]


def everywhere(seconds: float) -> Drift:
    return lambda topic, partition: seconds + (topic * 7 + partition) % 10 / 10


def reading(drift: Drift, *, at: float = 0.0) -> MirrorReading:
    return estate(TOPICS, PARTITIONS, drift, at=at)


def one_in_a_hundred(topic: int, partition: int) -> float:
    return 30.0 if (topic * PARTITIONS + partition) % 100 == 0 else 0.5


UPDATES: dict[str, Drift] = {
    "every drift changed": everywhere(2.0),
    "one cell in a hundred turned": one_in_a_hundred,
    "all cells turned red": everywhere(30.0),
    "all unmeasured": lambda _topic, _partition: None,
    "all well again": everywhere(0.0),
}
SEVERITIES = {
    "one cell in a hundred turned": (4, 100),
    "all cells turned red": (4, CELLS),
    "all unmeasured": (3, CELLS),
}


def test_no_update_of_ten_thousand_partitions_holds_up_the_page(
    open_page: Open, browser: Browser, figure: Figure
) -> None:
    site = site_of(reading(everywhere(0.0)))
    with running(create_app(site)) as server:
        opened = open_page(server.port)
        page = opened.page
        expect(page.locator(".topic .cell")).to_have_count(CELLS, timeout=60_000)
        longest = {}
        for number, (name, drift) in enumerate(UPDATES.items(), start=1):
            after = reading(drift, at=5.0 * number)
            severity, count = SEVERITIES.get(name, (1, CELLS))
            with traced(browser, page) as tasks:
                site.latest.publish(after)
                expect(page.locator(f".topic .cell.s{severity}")).to_have_count(count, timeout=60_000)
                expect(page.locator('[data-fact="drift"]')).to_have_text(worst(after))
            figure(f"longest task of the page, {name}", tasks)
            longest[name] = tasks.longest

    assert {name: ms for name, ms in longest.items() if ms > LONGEST_TASK_MS} == {}
    assert opened.errors == []


def worst(of: MirrorReading) -> str:
    known = [drift for drift in of.partitions.drift if drift == drift]  # noqa: PLR0124  # NaN is not equal to itself
    return f"{max(known):.1f} s" if known else "–"  # noqa: RUF001  # what the page shows


def test_no_update_of_topics_with_thousands_of_partitions_holds_up_the_page(
    open_page: Open, browser: Browser, figure: Figure
) -> None:
    topics = names(2)
    site = site_of(estate(topics, 5000, everywhere(0.0)))
    with running(create_app(site)) as server:
        page = open_page(server.port).page
        expect(page.locator(".topic .cell")).to_have_count(CELLS, timeout=60_000)
        with traced(browser, page) as tasks:
            site.latest.publish(estate(topics, 5000, lambda _topic, _partition: None, at=5.0))
            expect(page.locator(".topic .cell.s3")).to_have_count(CELLS, timeout=60_000)
    figure("longest task of the page, two topics of 5,000 partitions unmeasured", tasks)

    assert tasks.longest <= LONGEST_TASK_MS


def test_ten_thousand_partitions_are_soon_on_the_page_and_cheap_to_keep_there(
    open_page: Open, browser: Browser, figure: Figure
) -> None:
    site = site_of(reading(everywhere(0.0)))
    with running(create_app(site)) as server:
        page = open_page(server.port).page
        expect(page.locator(".topic .cell")).to_have_count(CELLS, timeout=60_000)
        loaded = weights(page)
        with traced(browser, page) as tasks:
            page.reload()
            expect(page.locator(".topic .cell")).to_have_count(CELLS, timeout=60_000)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    figure(
        "page with 10,000 partitions, files",
        f"{sum(loaded.values()) / 1000:.1f} kB in {len(loaded)} requests",
    )
    figure("page with 10,000 partitions, first paint", f"{paint:.0f} ms")
    figure("page with 10,000 partitions, longest task while loading", tasks)
    whole, changed = stream_weights()
    figure(
        "event stream with 10,000 partitions",
        f"{whole / 1000:.1f} kB at first, {changed / 1000:.1f} kB a poll",
    )

    assert 10_000 < sum(loaded.values()) < 100_000
    assert paint < 3000
    assert changed < 50_000


def weights(page: Page) -> dict[str, int]:
    return dict(
        page.evaluate(
            """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                .filter((entry) => !entry.name.includes("/events")).map((entry) => [entry.name, entry.encodedBodySize])"""
        )
    )


def stream_weights() -> tuple[int, int]:
    """Bytes of the first message, and of the one after a poll in which every drift is another."""
    site = site_of(reading(everywhere(0.0)))
    told: list[Any] = []
    board = Board(site)
    board.listen(told.append)
    site.latest.publish(reading(everywhere(2.0), at=5.0))
    return len(told[0]), len(told[1])
