"""Takes the pictures of the status page again, of an estate made by hand: `python docs/screenshots.py`."""

import math
import shutil
import sys
from array import array
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402  # as above

from kafka_mirror_exporter import __version__  # noqa: E402  # as above
from kafka_mirror_exporter.core.offsets import TopicPartition  # noqa: E402  # as above
from kafka_mirror_exporter.core.reading import GroupColumns, GroupSummary, MirrorReading  # noqa: E402  # as above
from kafka_mirror_exporter.web.routes import create_app  # noqa: E402  # as above
from unit.exposition.hand_made import side_health  # noqa: E402  # as above
from unit.exposition.scraping import FakeClock  # noqa: E402  # as above
from unit.web.estates import STARTED_MONOTONIC, estate, names  # noqa: E402  # the tests' estates are on the path now
from unit.web.running import running  # noqa: E402  # as above
from unit.web.sites import site_of  # noqa: E402  # as above

IMAGES = ROOT / "docs" / "images"
TOPICS, PARTITIONS, POLL, LAST = names(24), 16, 5, 900
_STALL_BEGAN = 828
_SIZES = {"desktop": {"width": 1200, "height": 720}, "phone": {"width": 390, "height": 844}}
_GROUPS = {"billing": 0.4, "fraud-scoring": 21.5, "reporting": 0.9, "search-indexer": 3.1}


def drift(at: int, topic: int, partition: int) -> float | None:
    """A calm quarter of an hour, but for a slow minute, a broker that was away, and a stall that goes on."""
    wave = 0.6 + 0.5 * math.sin(at / 40 + topic) + partition / 40
    if topic == 1 and partition % 3 == 1 and at > _STALL_BEGAN:
        return at - _STALL_BEGAN - partition / 4
    if topic == 8 and partition in (4, 11) and at > LAST - 60:
        return None
    if topic == 2 and 240 < at < 330:
        return 9.0 * math.sin(math.pi * (at - 240) / 90) + wave
    if topic == 5 and partition < 5 and at > LAST - 30:
        return 7.5
    return wave


def reading(at: int) -> MirrorReading:
    """What was read so many seconds after the start; the target was away for forty seconds."""
    is_away = 480 < at <= 520
    sides = {"source": side_health(), "target": side_health(up=not is_away)} if is_away else {}
    index = tuple(("source", group, TopicPartition("orders", 0)) for group in _GROUPS)
    columns: Any = GroupColumns.absent(index)  # type: ignore[arg-type]  # a literal side
    columns.lag_seconds[:] = array("d", _GROUPS.values())
    columns.lag[:] = array("q", [int(40 * seconds) for seconds in _GROUPS.values()])
    return estate(
        TOPICS,
        PARTITIONS,
        (lambda _topic, _partition: None) if is_away else (lambda t, p: drift(at, t, p)),
        at=at,
        groups=tuple(
            GroupSummary(group=name, state="on_source", judged_side="source", members={"source": 3})
            for name in _GROUPS
        ),
        group_columns=columns,
        **({"sides": sides} if sides else {}),
    )


def take(browser: Browser, port: int, size: str, scheme: str) -> None:
    """One picture, with a partition looked at where there is room for it."""
    context = browser.new_context(viewport=_SIZES[size], color_scheme=scheme, timezone_id="UTC")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator(".topic .cell").nth(PARTITIONS * len(TOPICS) - 1).wait_for(state="attached")
    if size == "desktop":
        page.locator(".topic").first.locator(".cell").nth(1).hover()
        page.locator("#detail").wait_for()
    page.screenshot(path=IMAGES / f"status-{size}-{scheme}.png", animations="disabled")
    context.close()


def main() -> None:
    """All sizes, light and dark."""
    IMAGES.mkdir(exist_ok=True)
    site = site_of(clock=FakeClock(STARTED_MONOTONIC + LAST + 1.2), version=__version__)
    app = create_app(site)
    for at in range(0, LAST + 1, POLL):
        site.latest.publish(reading(at))
    with running(app) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for size in _SIZES:
            for scheme in ("light", "dark"):
                take(chromium, server.port, size, scheme)
        chromium.close()


if __name__ == "__main__":
    main()
