"""The longest tasks of a page's main thread, from Chromium's own trace."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

_CATEGORIES = ["toplevel", "__metadata", "devtools.timeline", "disabled-by-default-devtools.timeline"]
_TASKS = ("RunTask", "ThreadControllerImpl::RunTask")


@dataclass(slots=True)
class Tasks:
    """Milliseconds of each task: by the clock, and of the processor where the trace has it."""

    by_clock: list[float] = field(default_factory=list)
    by_processor: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """The longest by the processor: what else runs on the machine must not decide a test."""
        return max(self.by_processor)

    def __str__(self) -> str:
        return f"{self.longest:.0f} ms of the processor, {max(self.by_clock):.0f} ms by the clock"


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[Tasks]:
    """Fills in the tasks of the page's main thread when the block ends."""
    tasks = Tasks()
    browser.start_tracing(page=page, categories=_CATEGORIES)
    try:
        yield tasks
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        if event["name"] in _TASKS and event["ph"] == "X" and (event["pid"], event["tid"]) in mains:
            tasks.by_clock.append(event["dur"] / 1000)
            tasks.by_processor.append(event.get("tdur", event["dur"]) / 1000)
    assert tasks.by_clock, "the trace holds no task of the page's main thread"
