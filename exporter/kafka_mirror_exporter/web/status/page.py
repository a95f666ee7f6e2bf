"""The page itself, rendered whole so that it can be read without a script, and its files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kafka_mirror_exporter.core.judgement import GroupJudgement, MirrorJudgement
from kafka_mirror_exporter.core.views import PartitionReading
from kafka_mirror_exporter.web.json_form import Json
from kafka_mirror_exporter.web.ranking import Page, worst_partitions
from kafka_mirror_exporter.web.site import Site
from kafka_mirror_exporter.web.status.board import Board
from kafka_mirror_exporter.web.status.heads import Head
from kafka_mirror_exporter.web.status.sentences import (
    SEVERITY_WORDS,
    count_text,
    moment_text,
    records_text,
    seconds_text,
    words_text,
)

_WORST_SHOWN = 20
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    head: Head
    worst: tuple[PartitionReading, ...]
    groups: tuple[GroupJudgement, ...]
    events: tuple[Json, ...]


def path_segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


_FILTERS = {
    "count": count_text,
    "moment": moment_text,
    "records": records_text,
    "seconds": seconds_text,
    "segment": path_segment,
    "words": words_text,
}


class StatusPage:
    """Shows the page and its files; a strict policy allows nothing that is not one of them."""

    def __init__(self, site: Site, board: Board) -> None:
        self._site, self._board = site, board
        environment = Environment(
            loader=PackageLoader("kafka_mirror_exporter.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= _FILTERS
        environment.globals["severity_words"] = {int(s): word for s, word in SEVERITY_WORDS.items()}
        self._template = environment.get_template("status.html")
        self._files = _static_files()

    def show(self, _request: Request) -> Response:
        """The page as of the last readings."""
        views = [self._view(*look) for look in self._board.looks()]
        page = self._template.render(views=views, version=self._site.version)
        return HTMLResponse(page, headers=_HEADERS)

    def _view(self, head: Head, judged: MirrorJudgement | None, groups: tuple[GroupJudgement, ...]) -> _View:
        worst = worst_partitions(judged.reading, Page(offset=0, limit=_WORST_SHOWN))[1] if judged else []
        worst_first = sorted(groups, key=lambda group: (-group.severity, -(group.lag_seconds or 0.0)))
        return _View(
            head=head,
            worst=tuple(worst),
            groups=tuple(worst_first[:_WORST_SHOWN]),
            events=tuple(self._board.events(head.source, head.target)[:_WORST_SHOWN]),
        )

    async def static(self, request: Request) -> Response:
        """One of the page's own files."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404, "There is nothing at this path.")
        headers = {"ETag": file.tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.kind, headers=headers)


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    kind: str
    tag: str


def _static_files() -> Mapping[str, _File]:
    """Read once: a path is looked up, and never leads into the file system."""
    found = {}
    for entry in files("kafka_mirror_exporter.web").joinpath("static").iterdir():
        body = entry.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        found[entry.name] = _File(body, _KINDS[PurePath(entry.name).suffix], tag)
    return found
