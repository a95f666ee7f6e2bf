"""The page at `/`: every mirror at a glance, worst partitions first; plain HTML without a script."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kafka_mirror_exporter.core.views import PartitionReading
from kafka_mirror_exporter.web.api import mirror_body
from kafka_mirror_exporter.web.bodies import MirrorBody
from kafka_mirror_exporter.web.ranking import Page, worst_partitions
from kafka_mirror_exporter.web.site import Site

_WORST_SHOWN = 20
_NOT_MEASURED = "-"
Verdict = Literal["waiting", "stale", "down", "unmeasured", "up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MirrorView:
    mirror: MirrorBody
    verdict: Verdict
    worst: tuple[PartitionReading, ...]


def seconds_text(value: float | None) -> str:
    """Seconds as people read them; a dash where they were not measured."""
    if value is None:
        return _NOT_MEASURED
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def count_text(value: int | None) -> str:
    """A count with its thousands apart; a dash where it was not measured."""
    return _NOT_MEASURED if value is None else f"{value:,}"


def path_segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


class LandingPage:
    """Shows the page; its style is allowed by its digest, and nothing else is."""

    def __init__(self, site: Site) -> None:
        self._site = site
        environment = Environment(
            loader=PackageLoader("kafka_mirror_exporter.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["seconds"] = seconds_text
        environment.filters["count"] = count_text
        environment.filters["segment"] = path_segment
        self._template = environment.get_template("landing.html")
        style = environment.get_template("landing.css").render()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }

    def show(self, _request: Request) -> Response:
        """The page as of the last readings."""
        views = [self._view(source, target) for source, target in self._site.mirrors()]
        page = self._template.render(views=views, version=self._site.version)
        return HTMLResponse(page, headers=self._headers)

    def _view(self, source: str, target: str) -> _MirrorView:
        mirror = mirror_body(self._site, (source, target))
        reading = self._site.latest.get(source, target)
        worst: tuple[PartitionReading, ...] = ()
        if reading is not None:
            worst = tuple(worst_partitions(reading, Page(offset=0, limit=_WORST_SHOWN))[1])
        return _MirrorView(mirror=mirror, verdict=_verdict(mirror), worst=worst)


def _verdict(mirror: MirrorBody) -> Verdict:
    if mirror.sides is None or mirror.totals is None:
        return "waiting"
    if mirror.is_stale:
        return "stale"
    if not all(side.is_up for side in mirror.sides.values()):
        return "down"
    return "unmeasured" if mirror.totals.unmeasured_partitions else "up"
