"""What all boards have in common: variables, annotations, links, and the grid that panels are laid out on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana.links import TAG, board_links
from grafana.panels import DATA_SOURCE, Panel

_GRID_WIDTH = 24

_VARIABLES = {
    "source": ("Source", "label_values(kafka_mirror_info, source)"),
    "target": ("Target", 'label_values(kafka_mirror_info{source=~"$source"}, target)'),
    "topic": (
        "Topic",
        'label_values(kafka_mirror_topic_state{source=~"$source", target=~"$target"}, topic)',
    ),
    "partition": (
        "Partition",
        'label_values(kafka_mirror_high_watermark{source=~"$source", target=~"$target", topic=~"$topic"}, partition)',
    ),
    "group": (
        "Group",
        'label_values(kafka_mirror_group_state{source=~"$source", target=~"$target"}, group)',
    ),
}

FIRING = (
    'ALERTS{alertname=~"KafkaMirror.*", alertname!="KafkaMirrorWatchdog", alertstate="firing",'
    ' source=~"$source|", target=~"$target|"}'
)
"""An alert may concern no mirror in particular: then its labels are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A heading and the panels below it, laid out from left to right."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A whole board; `variables` are chosen from above downwards."""

    uid: str
    title: str
    description: str
    variables: Sequence[str]
    rows: Sequence[Row]


def dashboard(board: Board, *, runbook_base_url: str) -> dict[str, Any]:
    """The board as Grafana reads it: the classic model, which Grafana 11 to 13 load."""
    return {
        "id": None,
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": 42,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "preload": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m", "5m"]},
        "timezone": "",
        "weekStart": "",
        "links": board_links(runbook_base_url),
        "annotations": {"list": [_firing_alerts()]},
        "templating": {"list": [_data_source(), *(_variable(name) for name in board.variables)]},
        "panels": _laid_out(board.rows),
    }


def _data_source() -> dict[str, Any]:
    return {
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
        "hide": 0, "includeAll": False, "multi": False, "refresh": 1, "regex": "", "options": [],
    }  # fmt: skip


def _variable(name: str) -> dict[str, Any]:
    label, query = _VARIABLES[name]
    return {
        "type": "query", "name": name, "label": label, "datasource": DATA_SOURCE,
        "query": {"query": query, "refId": f"variable-{name}", "qryType": 1},
        "refresh": 2, "sort": 3 if name == "partition" else 1, "regex": "", "hide": 0, "options": [],
        "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }  # fmt: skip


def _firing_alerts() -> dict[str, Any]:
    return {
        "name": "Firing alerts", "enable": True, "hide": False, "iconColor": "red", "datasource": DATA_SOURCE,
        "expr": FIRING, "step": "10s", "titleFormat": "{{alertname}}", "tagKeys": "severity",
        "textFormat": "{{source}} → {{target}} {{topic}}{{group}}{{side}}{{stage}}{{connector}}", "useValueForTime": False,
    }  # fmt: skip


def _laid_out(rows: Sequence[Row]) -> list[Panel]:
    """Panels with their places and ids; a panel that does not fit begins a new line."""
    placed: list[Panel] = []
    top = 0
    for row in rows:
        placed.append(
            {
                "type": "row", "title": row.title, "collapsed": False, "panels": [],
                "gridPos": {"x": 0, "y": top, "w": _GRID_WIDTH, "h": 1},
            }
        )  # fmt: skip
        top = _place(row.panels, top + 1, placed)
    return [{"id": number} | panel for number, panel in enumerate(placed, start=1)]


def _place(panels: Sequence[Panel], top: int, placed: list[Panel]) -> int:
    """Places a row's panels below `top`; the first free line after them."""
    left = tallest = 0
    for panel in panels:
        size = panel["gridPos"]
        if left + size["w"] > _GRID_WIDTH:
            top, left, tallest = top + tallest, 0, 0
        placed.append(panel | {"gridPos": {"x": left, "y": top} | size})
        left, tallest = left + size["w"], max(tallest, size["h"])
    return top + tallest
