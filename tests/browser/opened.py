"""A page in a browser, and what it did besides being shown."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass(slots=True)
class Opened:
    """Errors of its scripts and of its console, and the hosts it asked for anything."""

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


Open = Callable[..., Opened]
