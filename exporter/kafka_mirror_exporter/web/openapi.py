"""The OpenAPI 3.1 document, made from the types of the bodies."""

from typing import Any

from kafka_mirror_exporter import __version__
from kafka_mirror_exporter.web.bodies import (
    ErrorBody,
    FallbackBody,
    FaultsBody,
    GroupsBody,
    MirrorsBody,
    PartitionsBody,
)
from kafka_mirror_exporter.web.json_form import Json, Schemas
from kafka_mirror_exporter.web.parameters import DEFAULT_LIMIT, MAX_LIMIT

OPENAPI_PATH = "/api/v1/openapi.json"
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def openapi_document() -> Json:
    """The document as a value for `json.dumps`."""
    schemas = Schemas()
    paths = {
        **_pages(schemas),
        "/-/healthy": _check("200 while a worker has shown life within six poll intervals."),
        "/-/ready": _check("200 after the first completed poll, until shutting down."),
        "/-/reload": _reload(schemas),
        "/api/v1/mirrors": _get(schemas, MirrorsBody, "All mirrors at a glance.", errors=()),
        "/api/v1/mirrors/{source}/{target}/partitions": _get(
            schemas,
            PartitionsBody,
            "Every partition's reading, worst first.",
            parameters=(
                *_MIRROR,
                _query("topic", {"type": "string"}, "Only this source topic."),
                _query("partition", {"type": "integer", "minimum": 0}, "Only partitions of this number."),
                _query(
                    "unmeasured", {"type": "boolean"}, "Only partitions that are, or are not, unmeasured."
                ),
                *_PAGE,
            ),
        ),
        "/api/v1/mirrors/{source}/{target}/groups": _get(
            schemas,
            GroupsBody,
            "Every committed offset's reading, worst first.",
            parameters=(*_MIRROR, _query("group", {"type": "string"}, "Only this group."), *_PAGE),
        ),
        "/api/v1/fallback": _fallback(schemas),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kafka Mirror Exporter",
            "version": __version__,
            "description": "What could not be measured is null, and `unmeasured` says why.",
        },
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.by_name.items()))},
    }


def _pages(schemas: Schemas) -> Json:
    """What is not JSON: the metrics, the status page, and its stream."""
    return {
        "/metrics": {
            "get": {
                "summary": "Prometheus text 0.0.4, or OpenMetrics 1.0 by Accept; gzip by Accept-Encoding.",
                "responses": {
                    "200": {
                        "description": "All metrics.",
                        "content": {"text/plain": {}, "application/openmetrics-text": {}},
                    }
                },
            }
        },
        "/": {
            "get": {
                "summary": "The status page.",
                "responses": {"200": {"description": "The page.", "content": {"text/html": {}}}},
            }
        },
        "/events": {
            "get": {
                "summary": "What the status page shows, as it changes; its messages are the page's own.",
                "responses": {
                    "200": {"description": "Server-sent events.", "content": {"text/event-stream": {}}},
                    "503": {
                        "description": "Too many pages are open.",
                        "content": _content(schemas.of(ErrorBody)),
                    },
                },
            }
        },
    }


def _fallback(schemas: Schemas) -> Json:
    return _get(
        schemas,
        FallbackBody,
        "Whether the dual-write path is to be used, by topic.",
        parameters=(
            _query("source", {"type": "string"}, "Only mirrors of this source."),
            _query("target", {"type": "string"}, "Only mirrors to this target."),
            _query("topic", {"type": "string"}, "Only this source topic."),
        ),
        errors=(
            ("404", "No such mirror, or the fallback is off."),
            ("503", "A mirror was not polled yet."),
        ),
    )


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_PAGE = (
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many rows at most.",
    ),
    _query(
        "offset", {"type": "integer", "minimum": 0, "default": 0}, "How many of the worst rows to leave out."
    ),
)
_MIRROR = tuple(
    {"name": name, "in": "path", "required": True, "description": f"Alias of the {name}, percent-encoded.",
     "schema": {"type": "string"}}
    for name in ("source", "target")
)  # fmt: skip


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _get(
    schemas: Schemas,
    body: type[Any],
    summary: str,
    *,
    parameters: tuple[Json, ...] = (),
    errors: tuple[tuple[str, str], ...] = (
        ("404", "No such mirror."),
        ("503", "The mirror was not polled yet."),
    ),
) -> Json:
    responses = {"200": {"description": summary, "content": _content(schemas.of(body))}}
    for status, description in (("400", "A parameter that makes no sense."), *errors):
        responses[status] = {"description": description, "content": _content(schemas.of(ErrorBody))}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


def _check(summary: str) -> Json:
    responses = {
        "200": {"description": "Yes.", "content": _TEXT},
        "503": {"description": "No.", "content": _TEXT},
    }
    return {"get": {"summary": summary, "responses": responses}}


def _reload(schemas: Schemas) -> Json:
    return {
        "post": {
            "summary": "Reads the configuration again.",
            "responses": {
                "200": {"description": "It is in force.", "content": _TEXT},
                "403": {
                    "description": "Reloading over HTTP is off.",
                    "content": _content(schemas.of(ErrorBody)),
                },
                "500": {
                    "description": "The file is bad; the configuration before it stays in force.",
                    "content": _content(schemas.of(FaultsBody)),
                },
            },
        }
    }
