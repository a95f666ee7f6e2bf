"""The JSON answers about mirrors, partitions and groups.

All of these run in the thread pool, not on the loop, for ranking 200,000 rows takes a while.
"""

from collections import Counter
from typing import Any
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kafka_mirror_exporter.core.reading import NO_OFFSET, MirrorReading
from kafka_mirror_exporter.latest import MirrorName
from kafka_mirror_exporter.web.bodies import (
    GroupsBody,
    MirrorBody,
    MirrorsBody,
    PartitionsBody,
    SideBody,
    TotalsBody,
)
from kafka_mirror_exporter.web.json_form import json_form
from kafka_mirror_exporter.web.parameters import Parameters
from kafka_mirror_exporter.web.ranking import Page, worst_groups, worst_partitions
from kafka_mirror_exporter.web.site import Site

MIRRORS_PATH = "/api/v1/mirrors"


class Api:
    """The handlers of `/api/v1/mirrors` and what lies below."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def mirrors(self, request: Request) -> Response:
        """All mirrors at a glance."""
        Parameters(request, allowed=())
        return _answer(MirrorsBody(mirrors=tuple(mirror_body(self._site, m) for m in self._site.mirrors())))

    def below_mirrors(self, request: Request) -> Response:
        """Partitions or groups of one mirror, whose names may hold any character, a slash included."""
        path = request.scope.get("raw_path") or request.url.path.encode()
        segments = [unquote(part) for part in path.decode("ascii", "replace").split("/")][4:]
        match segments:
            case [source, target, "partitions"]:
                return self._partitions(request, (source, target))
            case [source, target, "groups"]:
                return self._groups(request, (source, target))
        raise HTTPException(404, "There is nothing at this path.")

    def _partitions(self, request: Request, mirror: MirrorName) -> Response:
        parameters = Parameters(request, allowed=("topic", "partition", "unmeasured", "limit", "offset"))
        topic, unmeasured = parameters.text("topic"), parameters.boolean("unmeasured")
        partition = parameters.integer("partition")
        reading, page = self._reading(mirror), parameters.page()
        total, rows = worst_partitions(reading, page, topic=topic, partition=partition, unmeasured=unmeasured)
        return _answer(PartitionsBody(**self._frame(reading), total=total, partitions=tuple(rows)))

    def _groups(self, request: Request, mirror: MirrorName) -> Response:
        parameters = Parameters(request, allowed=("group", "limit", "offset"))
        reading, page = self._reading(mirror), parameters.page()
        total, rows = worst_groups(reading, page, group=parameters.text("group"))
        return _answer(GroupsBody(**self._frame(reading), total=total, groups=tuple(rows)))

    def _reading(self, mirror: MirrorName) -> MirrorReading:
        if mirror not in self._site.mirrors():
            raise HTTPException(404, f"There is no mirror from {mirror[0]} to {mirror[1]}.")
        reading = self._site.latest.get(*mirror)
        if reading is None:
            raise HTTPException(503, f"The mirror from {mirror[0]} to {mirror[1]} was not polled yet.")
        return reading

    def _frame(self, reading: MirrorReading) -> dict[str, Any]:
        return {
            "source": reading.source,
            "target": reading.target,
            "measured_at": reading.measured_at,
            "age_seconds": self._site.age_seconds(reading),
            "is_stale": self._site.is_stale(reading),
        }


def _answer(body: object) -> Response:
    return JSONResponse(json_form(body), headers={"Cache-Control": "no-store"})


def mirror_body(site: Site, mirror: MirrorName) -> MirrorBody:
    """One mirror at a glance."""
    source, target = mirror
    reading = site.latest.get(source, target)
    if reading is None:
        return MirrorBody(source=source, target=target, measured_at=None, age_seconds=None, is_stale=None,
                          sides=None, totals=None, worst_partition=None)  # fmt: skip
    is_stale = site.is_stale(reading)
    _, worst = worst_partitions(reading, Page(offset=0, limit=1))
    return MirrorBody(
        source=source,
        target=target,
        measured_at=reading.measured_at,
        age_seconds=site.age_seconds(reading),
        is_stale=is_stale,
        sides={
            side: SideBody(
                is_up=health.up and not is_stale,
                brokers_answering=health.brokers_answering,
                brokers_failing=health.brokers_failing,
                error=health.error,
            )
            for side, health in reading.sides.items()
        },
        totals=_totals(reading),
        worst_partition=worst[0] if worst else None,
    )


def _totals(reading: MirrorReading) -> TotalsBody:
    columns = reading.partitions
    lags = [lag for lag in columns.lag if lag != NO_OFFSET]
    # A NaN is not equal to itself: what was not measured stays out of the maximum.
    drifts = [drift for drift in columns.drift if drift == drift]  # noqa: PLR0124 - see above
    return TotalsBody(
        topics=len(reading.topics),
        topics_by_state=Counter(topic.state for topic in reading.topics),
        partitions=len(columns.index),
        unmeasured_partitions=len(columns.unmeasured),
        groups=len(reading.groups),
        lag_records=sum(lags) if lags else None,
        max_drift_seconds=max(drifts, default=None),
    )
