"""The demo in a browser: a fault that is pressed is seen, through embedded brokers and the whole exporter."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Page, expect

from kafka_mirror_exporter.app.serve import Service
from kafka_mirror_exporter.cli.demo import _config
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.demo.stand import Stand

from opened import Open

PARTITIONS = 4


@pytest.fixture
def stand() -> Iterator[Stand]:
    with closing(Stand(rate=200)) as stand:
        yield stand


def watching(stand: Stand) -> Config:
    """The demo's configuration at a quicker pace."""
    config = _config(stand)
    (mirror,) = config.mirrors
    thresholds = mirror.thresholds.model_copy(update={"drift": 3.0})
    return config.model_copy(
        update={
            "mirrors": [mirror.model_copy(update={"thresholds": thresholds})],
            "poll": config.poll.model_copy(update={"interval": 1.0, "timeout": 0.8}),
        }
    )


@contextmanager
def serving(config: Config) -> Iterator[int]:
    """The exporter as `serve` runs it, in a thread that ends with the test."""
    service = Service(config, listen_address="127.0.0.1:0")
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        loop.run_until_complete(service.run(stop))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield service.port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(15)


def highest(page: Page) -> float:
    """Of the curve, as it is told to who cannot see it."""
    label = page.locator(".curve svg").get_attribute("aria-label") or ""
    (seconds,) = re.findall(r"highest ([\d.]+) s", label)
    return float(seconds)


def test_a_stall_turns_the_right_cells_and_raises_the_curve_without_a_reload(
    stand: Stand, open_page: Open
) -> None:
    with serving(watching(stand)) as port:
        opened = open_page(port)
        page = opened.page
        row = page.locator(".topic", has=page.get_by_role("heading", name="orders", exact=True))
        expect(row.locator(".cell.s1")).to_have_count(PARTITIONS, timeout=30_000)
        page.evaluate("window.isSamePage = true")
        before = highest(page)
        stand.press("stall", topic="orders")
        expect(row.locator(".cell.s4")).to_have_count(PARTITIONS, timeout=30_000)
        during = highest(page)
        others = page.locator(".topic .cell.s4").count() - row.locator(".cell.s4").count()
        verdict = page.locator(".health strong").inner_text()
        told = page.locator(".events li").first.inner_text()
        stand.press("clear")
        expect(row.locator(".cell.s1")).to_have_count(PARTITIONS, timeout=30_000)
        expect(page.locator(".health strong")).to_have_text("Healthy", timeout=30_000)

        assert before < 3.0 < during
        assert others == 0
        assert verdict == "Past threshold"
        assert "orders partition" in told
        assert "past the threshold" in told
        assert page.evaluate("window.isSamePage") is True
        assert opened.errors == []
