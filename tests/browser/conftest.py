"""A headless Chromium for all tests, and a page of its own for each, which notes all that goes wrong."""

import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from opened import Open, Opened

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing: make system-packages"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        try:
            yield launched
        finally:
            launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a page of a server on a port; every context is new, and gone with the test."""
    contexts = []

    def open_page(port: int, **settings: Any) -> Opened:
        context = browser.new_context(**{"viewport": _DESKTOP} | settings)
        context.set_default_timeout(20_000)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.on("console", lambda said: said.type == "error" and opened.errors.append(said.text))
        context.on("request", lambda request: opened.hosts.add(urlsplit(request.url).netloc))
        opened.page.goto(f"http://127.0.0.1:{port}/")
        return opened

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
