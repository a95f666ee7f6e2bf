"""Tables: one row for each object, joined from several queries, coloured by the thresholds in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana.colours import Steps, steps
from grafana.panels import Head, Override, Panel, Query, by_name, panel_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The values of one query; `scale` colours its cells, or whole rows with `is_judge`."""

    title: str
    expr: str
    unit: str = "short"
    scale: Steps = ()
    is_judge: bool = False
    decimals: int | None = None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelColumn:
    """A label of the rows, in words, with where a click on it leads."""

    label: str
    title: str
    colours: Mapping[str, str] | None = None
    link: Mapping[str, str] | None = None


def table(
    head: Head,
    labels: Sequence[LabelColumn],
    columns: Sequence[Column],
    *,
    sort_by: str,
    is_descending: bool = True,
) -> Panel:
    """Rows by their labels; queries that share their labels are joined."""
    refs = [chr(ord("A") + at) for at in range(len(columns))]
    queries = [Query(ref=ref, expr=column.expr) for ref, column in zip(refs, columns, strict=True)]
    panel = panel_of("table", head, queries, form="table", is_instant=True)
    fields = [f"Value #{ref}" for ref in refs] if len(refs) > 1 else ["Value"]
    panel["transformations"] = _transformations(labels, fields, columns)
    panel["fieldConfig"]["defaults"] |= {
        "noValue": "-",
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True},
        "thresholds": steps(()),
    }
    panel["fieldConfig"]["overrides"] = [
        *(_label_override(column) for column in labels),
        *(_value_override(field, column) for field, column in zip(fields, columns, strict=True)),
    ]
    panel["options"] = {
        "cellHeight": "sm", "showHeader": True, "sortBy": [{"displayName": sort_by, "desc": is_descending}],
    }  # fmt: skip
    return panel


def _transformations(
    labels: Sequence[LabelColumn], fields: Sequence[str], columns: Sequence[Column]
) -> list[dict[str, Any]]:
    shown = [label.label for label in labels] + list(fields)
    hidden = {field: True for field, column in zip(fields, columns, strict=True) if column.is_hidden}
    organise = {
        "excludeByName": {"Time": True} | hidden,
        "indexByName": {name: at for at, name in enumerate(shown)},
        "renameByName": {},
    }
    join = [{"id": "merge", "options": {}}] if len(fields) > 1 else []
    return [*join, {"id": "organize", "options": organise}]


def _label_override(column: LabelColumn) -> Override:
    properties: dict[str, Any] = {"displayName": column.title, "unit": "string"}
    if column.colours:
        words = {word: {"text": word, "color": colour} for word, colour in column.colours.items()}
        properties |= {
            "mappings": [{"type": "value", "options": words}],
            "custom__cellOptions": {"type": "color-text"},
        }
    if column.link:
        properties["links"] = [dict(column.link)]
    return by_name(column.label, **properties)


def _value_override(field: str, column: Column) -> Override:
    properties: dict[str, Any] = {"displayName": column.title, "unit": column.unit}
    if column.decimals is not None:
        properties["decimals"] = column.decimals
    if column.scale:
        cell = {"type": "color-background", "mode": "basic", "applyToRow": column.is_judge}
        properties |= {
            "thresholds": steps(column.scale),
            "color": {"mode": "thresholds"},
            "custom__cellOptions": cell,
        }
    return by_name(field, **properties)
