"""Panels of the kinds that Grafana has built in, each with a title, a description and a unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana.colours import NEUTRAL, NOT_MEASURED, Steps, fixed, steps

DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}

Panel = dict[str, Any]
Override = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to Prometheus; `ref` is its letter or name within the panel."""

    expr: str
    legend: str = "{{source}} → {{target}}"
    ref: str = "A"

    def target(self, form: str, *, is_instant: bool) -> dict[str, Any]:
        """As it stands in a panel."""
        return {
            "datasource": DATA_SOURCE,
            "editorMode": "code",
            "expr": self.expr,
            "format": form,
            "instant": is_instant,
            "range": not is_instant,
            "legendFormat": "" if form == "table" else self.legend,
            "refId": self.ref,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every panel says of itself, and how large it is (the grid is 24 wide)."""

    title: str
    description: str
    unit: str = "short"
    width: int = 12
    height: int = 8


def panel_of(kind: str, head: Head, queries: Sequence[Query], *, form: str, is_instant: bool) -> Panel:
    """What panels of all kinds have."""
    return {
        "type": kind,
        "title": head.title,
        "description": head.description,
        "datasource": DATA_SOURCE,
        "targets": [query.target(form, is_instant=is_instant) for query in queries],
        "gridPos": {"w": head.width, "h": head.height},
        "fieldConfig": {"defaults": {"unit": head.unit, "noValue": NOT_MEASURED}, "overrides": []},
        "options": {},
    }


def linked(panel: Panel, link: Mapping[str, Any]) -> Panel:
    """The panel, with where a click on one of its values leads."""
    fields = panel["fieldConfig"]
    return panel | {"fieldConfig": fields | {"defaults": fields["defaults"] | {"links": [link]}}}


def by_query(ref: str, **properties: Any) -> Override:
    """What holds for all that one query answers."""
    return override("byFrameRefID", ref, properties)


def by_name(name: str, **properties: Any) -> Override:
    """What holds for one field or series."""
    return override("byName", name, properties)


def override(matcher: str, options: str, properties: dict[str, Any]) -> Override:
    """Properties for what a matcher finds; `__` in a name stands for a dot."""
    given = [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]
    return {"matcher": {"id": matcher, "options": options}, "properties": given}


def threshold_line(ref: str, colour: str) -> Override:
    """A query drawn as the dashed line of a threshold."""
    return by_query(
        ref,
        color=fixed(colour),
        custom__lineStyle={"fill": "dash", "dash": [10, 10]},
        custom__lineWidth=2,
        custom__fillOpacity=0,
    )


def stat(
    head: Head,
    *queries: Query,
    scale: Steps = NEUTRAL,
    mappings: list[dict[str, Any]] | None = None,
    overrides: Sequence[Override] = (),
    absent: str = NOT_MEASURED,
) -> Panel:
    """Large numbers or words on their colour, one for each mirror."""
    panel = panel_of("stat", head, queries, form="time_series", is_instant=True)
    panel["fieldConfig"]["defaults"] |= {
        "thresholds": steps(scale), "color": {"mode": "thresholds"}, "mappings": mappings or [], "noValue": absent,
    }  # fmt: skip
    panel["fieldConfig"]["overrides"] = list(overrides)
    panel["options"] = {
        "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
        "colorMode": "background", "graphMode": "none", "justifyMode": "center",
        "orientation": "auto", "textMode": "value_and_name", "wideLayout": True,
    }  # fmt: skip
    return panel


def timeseries(
    head: Head,
    *queries: Query,
    overrides: Sequence[Override] = (),
    line_at: Steps = (),
    is_stacked: bool = False,
) -> Panel:
    """Lines over time with gaps where nothing was measured; `line_at` draws fixed thresholds."""
    panel = panel_of("timeseries", head, queries, form="time_series", is_instant=False)
    panel["fieldConfig"]["defaults"] |= {
        "min": 0,
        "color": {"mode": "palette-classic"},
        "thresholds": steps(line_at),
        "custom": {
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "showPoints": "auto",
            "fillOpacity": 30 if is_stacked else 0,
            "spanNulls": False,
            "stacking": {"mode": "normal" if is_stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if line_at else "off"},
        },
    }  # fmt: skip
    panel["fieldConfig"]["overrides"] = list(overrides)
    panel["options"] = {
        "legend": {
            "displayMode": "table", "placement": "bottom", "showLegend": True,
            "calcs": ["last", "max"], "sortBy": "Last", "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }  # fmt: skip
    return panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """One of Grafana's colour schemes, and the values at its two ends; what lies beyond has the end's colour."""

    scheme: str
    lowest: float
    highest: float


def heatmap(head: Head, query: Query, *, colours: Colours, row_unit: str) -> Panel:
    """One row for each series, its colour the value."""
    panel = panel_of("heatmap", head, [query], form="time_series", is_instant=False)
    panel["options"] = {
        "calculate": False,
        "cellGap": 0,
        "color": {
            "mode": "scheme", "scheme": colours.scheme, "min": colours.lowest, "max": colours.highest,
            "steps": 64, "reverse": False, "exponent": 0.5, "scale": "linear", "fill": "red",
        },
        "cellValues": {"unit": head.unit},
        "rowsFrame": {"layout": "auto"},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": row_unit},
        "filterValues": {"le": -1e-9},
        "legend": {"show": colours.lowest == 0},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
    }  # fmt: skip
    return panel


def state_timeline(head: Head, query: Query, mappings: list[dict[str, Any]]) -> Panel:
    """Words in their colours over time, one line for each series."""
    panel = panel_of("state-timeline", head, [query], form="time_series", is_instant=False)
    panel["fieldConfig"]["defaults"] |= {
        "mappings": mappings,
        "color": {"mode": "thresholds"},
        "thresholds": steps(()),
        "custom": {"fillOpacity": 80, "lineWidth": 0},
    }
    panel["options"] = {
        "mergeValues": True, "showValue": "auto", "alignValue": "left", "rowHeight": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip
    return panel


def bar_gauge(head: Head, query: Query, *, scale: Steps, largest: float) -> Panel:
    """One bar for each series, full at `largest`."""
    panel = panel_of("bargauge", head, [query], form="time_series", is_instant=True)
    panel["fieldConfig"]["defaults"] |= {
        "min": 0, "max": largest, "thresholds": steps(scale), "color": {"mode": "thresholds"},
    }  # fmt: skip
    panel["options"] = {
        "displayMode": "gradient", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color",
        "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "auto", "sizing": "auto",
        "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
    }  # fmt: skip
    return panel
