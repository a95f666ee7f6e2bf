"""The paths, and the handlers that need no more than a few lines."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.exposition import CONTENT_TYPES, accepts_gzip, preferred_format
from kafka_mirror_exporter.web.api import MIRRORS_PATH, Api
from kafka_mirror_exporter.web.bodies import ErrorBody, FaultsBody
from kafka_mirror_exporter.web.fallback import FALLBACK_PATH, FallbackAnswer
from kafka_mirror_exporter.web.json_form import json_form
from kafka_mirror_exporter.web.openapi import OPENAPI_PATH, openapi_document
from kafka_mirror_exporter.web.site import Site
from kafka_mirror_exporter.web.status.board import Board
from kafka_mirror_exporter.web.status.page import StatusPage
from kafka_mirror_exporter.web.status.streams import Streams

_HEALTHY_FOR_POLLS = 6


def create_app(site: Site, *, middleware: Sequence[Middleware] = ()) -> Starlette:
    """The whole site as one ASGI application."""
    handlers, api, board = _Handlers(site), Api(site), Board(site)
    page = StatusPage(site, board)
    return Starlette(
        routes=[
            Route("/metrics", handlers.metrics),
            Route("/", page.show),
            Route("/static/{name}", page.static),
            Route("/events", Streams(board).open),
            Route("/-/healthy", handlers.healthy),
            Route("/-/ready", handlers.ready),
            Route("/-/reload", handlers.reload, methods=["POST"]),
            Route(OPENAPI_PATH, handlers.openapi),
            Route(MIRRORS_PATH, api.mirrors),
            Route(FALLBACK_PATH, FallbackAnswer(site).show),
            Route(MIRRORS_PATH + "/{rest:path}", api.below_mirrors),
        ],
        middleware=middleware,
        exception_handlers={HTTPException: _refused, 500: _failed},
    )


class _Handlers:
    """Handlers without `async` run in the thread pool: rendering and reloading take a while."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._openapi = JSONResponse(openapi_document()).body

    def metrics(self, request: Request) -> Response:
        output = preferred_format(", ".join(request.headers.getlist("accept")))
        headers = {"Content-Type": CONTENT_TYPES[output], "Vary": "Accept, Accept-Encoding"}
        if accepts_gzip(", ".join(request.headers.getlist("accept-encoding"))):
            body = self._site.exposition.gzipped(output)
            return Response(body, headers=headers | {"Content-Encoding": "gzip"})
        return StreamingResponse(self._site.exposition.plain(output), headers=headers)

    async def healthy(self, _request: Request) -> Response:
        site = self._site
        silence = site.latest.seconds_without_life(now_monotonic=site.monotonic())
        if silence > _HEALTHY_FOR_POLLS * site.poll_interval():
            return PlainTextResponse(f"No worker has shown life for {silence:.0f} s.\n", 503)
        return PlainTextResponse("Healthy.\n")

    async def ready(self, _request: Request) -> Response:
        if self._site.is_ready():
            return PlainTextResponse("Ready.\n")
        return PlainTextResponse("Not ready: before the first completed poll, or shutting down.\n", 503)

    def reload(self, _request: Request) -> Response:
        if self._site.reload is None:
            raise HTTPException(403, "Reloading over HTTP is off; start with --web.enable-lifecycle.")
        try:
            self._site.reload()
        except ConfigError as error:
            body = FaultsBody(
                error="The configuration has faults; the one before stays in force.",
                faults=tuple(str(fault) for fault in error.faults),
            )
            return JSONResponse(json_form(body), 500)
        return PlainTextResponse("Reloaded.\n")

    async def openapi(self, _request: Request) -> Response:
        return Response(self._openapi, media_type="application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    sentences = {404: "There is nothing at this path.", 405: "This path does not know that method."}
    # Starlette's own refusals carry the bare phrase of the status.
    is_phrase = error.detail in ("Not Found", "Method Not Allowed")
    sentence = sentences[error.status_code] if is_phrase else error.detail
    return JSONResponse(json_form(ErrorBody(error=sentence)), error.status_code, headers=error.headers)


async def _failed(_request: Request, _error: Exception) -> Response:
    return JSONResponse(json_form(ErrorBody(error="Internal error; the log says more.")), 500)
