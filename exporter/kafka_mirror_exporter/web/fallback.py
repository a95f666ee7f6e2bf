"""The answer that a dual-write proxy asks for."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kafka_mirror_exporter.core.fallback_views import is_any_engaged, topic_fallbacks
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.web.bodies import FallbackBody, MirrorFallbackBody
from kafka_mirror_exporter.web.json_form import json_form
from kafka_mirror_exporter.web.parameters import Parameters
from kafka_mirror_exporter.web.site import Site

FALLBACK_PATH = "/api/v1/fallback"
_VALID_FOR_POLLS = 3


class FallbackAnswer:
    """The handler of `/api/v1/fallback`; it runs in the thread pool."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, request: Request) -> Response:
        """The fallback of all topics, or of those that are asked for."""
        asked = Parameters(request, allowed=("source", "target", "topic"))
        source, target = asked.text("source"), asked.text("target")
        mirrors = [m for m in self._site.mirrors() if source in (None, m[0]) and target in (None, m[1])]
        if not mirrors:
            raise HTTPException(404, "There is no such mirror.")
        now = self._site.clock()
        body = FallbackBody(
            generated_at=now,
            valid_until=now + _VALID_FOR_POLLS * self._site.poll_interval(),
            instance=self._site.instance(),
            mirrors=tuple(self._mirror(mirror, asked.text("topic")) for mirror in mirrors),
        )
        return JSONResponse(json_form(body), headers={"Cache-Control": "no-store"})

    def _mirror(self, mirror: MirrorName, topic: str | None) -> MirrorFallbackBody:
        reading = self._site.latest.get(*mirror)
        if reading is None:
            raise HTTPException(503, f"The mirror from {mirror[0]} to {mirror[1]} was not polled yet.")
        if reading.fallback is None:
            raise HTTPException(404, "The fallback is off: fallback.enabled is false.")
        topics = topic_fallbacks(reading, is_stale=self._site.is_stale(reading))
        topics = tuple(t for t in topics if topic in (None, t.topic))
        return MirrorFallbackBody(
            source=mirror[0],
            target=mirror[1],
            engaged=is_any_engaged(topics),
            blind=any(t.blind for t in topics),
            topics=topics,
        )
