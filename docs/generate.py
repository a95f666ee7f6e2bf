"""Writes what is generated from the code; with --check says whether that was forgotten."""

import argparse
import difflib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kafka_mirror_exporter.config import json_schema
from kafka_mirror_exporter.config.models import Config
from kafka_mirror_exporter.metrics import METRICS, MetricSpec, OfExporter, metrics_table_markdown
from kafka_mirror_exporter.web.openapi import openapi_document

ROOT = Path(__file__).resolve().parent.parent
_SHOWN_LINES = 12
_BEGIN, _END = "<!-- metrics:begin -->", "<!-- metrics:end -->"


def readme() -> str:
    """The README with the metrics table of the code."""
    text = (ROOT / "README.md").read_text()
    if _BEGIN not in text or _END not in text:
        return text
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n{metrics_table_markdown().strip()}\n\n{_END}{after}"


def configuration() -> str:
    """One table for each section of the configuration."""
    lines = [
        "# Configuration reference",
        "",
        "Generated from the models. Durations carry a unit (`500ms`, `15s`, `2m`, `1h30m`), sizes too",
        "(`64KiB`, `1MiB`); patterns are Python's regular expressions, matched whole. Unknown and duplicate",
        "keys are refused. Files are named relative to the configuration file's own folder.",
    ]
    _section(Config, "", lines)
    return "\n".join(lines) + "\n"


def _section(model: type[BaseModel], path: str, lines: list[str]) -> None:
    lines += ["", f"## `{path}`" if path else "## The file", "", (model.__doc__ or "").strip(), ""]
    lines += ["| key | default | meaning |", "| --- | --- | --- |"]
    below: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None:
            kind = str(field.annotation)
            suffix = "[]" if "list[" in kind else ".*" if "dict[" in kind else ""
            below.append((inner, (f"{path}." if path else "") + name + suffix))
        lines.append(f"| `{name}` | {_default(field, inner)} | {field.description} |")
    for inner, place in below:
        _section(inner, place, lines)


def _default(field: FieldInfo, inner: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if inner is not None or value is None or value in ([], {}):
        return "" if inner is not None else "none"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


_PLACES = {
    "The exporter": "Without `source` and `target`.",
    "A mirror as a whole": "",
    "Topics": "`topic` is always the source topic's name, on either side.",
    "Partitions": "",
    "Consumer groups": "No `partition` where reported per topic (`groups.per`, `metrics.max_series`).",
    "Fallback and notifications": "Where `fallback` is enabled; see [Fallback](fallback.md).",
}


def metrics() -> str:
    """One table for each kind of thing that is measured."""
    lines = [
        "# Metrics reference",
        "",
        "Generated from the table of the code. Beside the labels named here all but those of the exporter",
        "carry `source` and `target`, the aliases of the clusters. What [How it measures](measuring.md) says",
        "of absence holds for each. *Old* says what becomes of a series with a reading older than three",
        "polls (15 seconds at least): it *goes*, or it *stays*, because it is about health or about a topic",
        "as a whole. Of the process itself there are `process_*` and `python_*` besides.",
    ]
    for place, remark in _PLACES.items():
        lines += ["", f"## {place}", "", *([remark, ""] if remark else [])]
        lines += ["| name | type | labels | old | meaning |", "| --- | --- | --- | --- | --- |"]
        lines += [_metric_row(spec) for spec in METRICS if _place(spec) == place]
    return "\n".join(lines) + "\n"


def _metric_row(spec: MetricSpec) -> str:
    is_kept = spec.stays_when_stale or isinstance(spec.values, OfExporter)
    cells = (f"`{spec.name}`", spec.kind, ", ".join(spec.labels), "stays" if is_kept else "goes", spec.help)
    return f"| {' | '.join(cells)} |"


def _place(spec: MetricSpec) -> str:
    if isinstance(spec.values, OfExporter):
        return "The exporter"
    if spec.name.startswith(("kafka_mirror_fallback_", "kafka_mirror_notifications_")):
        return "Fallback and notifications"
    if spec.name.startswith("kafka_mirror_group_"):
        return "Consumer groups"
    if "partition" in spec.labels:
        return "Partitions"
    return "Topics" if "topic" in spec.labels else "A mirror as a whole"


GENERATED: dict[str, Callable[[], str]] = {
    "README.md": readme,
    "docs/configuration.md": configuration,
    "docs/metrics.md": metrics,
    "docs/config.schema.json": lambda: json.dumps(json_schema(), indent=2) + "\n",
    "docs/openapi.json": lambda: json.dumps(openapi_document(), indent=2) + "\n",
}


def main() -> int:
    """1 if something generated is not what the code says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    stale = 0
    for name, generate in GENERATED.items():
        path, content = ROOT / name, generate()
        found = path.read_text() if path.exists() else ""
        if found == content:
            continue
        stale += 1
        if is_check:
            sys.stdout.write(f"{name} is not what the code says: make docs\n{_summary(found, content)}")
        else:
            path.write_text(content)
            sys.stdout.write(f"{name} was written\n")
    return int(is_check and stale > 0)


def _summary(found: str, expected: str) -> str:
    """The first lines that differ, and how many more do."""
    compared = list(difflib.unified_diff(found.splitlines(), expected.splitlines(), n=0, lineterm=""))[2:]
    changed = [line for line in compared if not line.startswith("@@")]
    shown = "".join(f"  {line}\n" for line in changed[:_SHOWN_LINES])
    more = len(changed) - _SHOWN_LINES
    return shown + (f"  and {more} lines more\n" if more > 0 else "")


if __name__ == "__main__":
    sys.exit(main())
