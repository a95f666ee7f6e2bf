"""The boards as they are shipped: their panels and queries, and what a query becomes when somebody looks at it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from promql_parser import parse

from rig.prometheus import Labels
from rig.promql import selectors

FOLDER = Path(__file__).resolve().parents[2] / "dashboards"
BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}

Panel = dict[str, Any]
EVERYTHING = dict.fromkeys(("source", "target", "topic", "partition", "group"), ".*")
RULES = {
    "groups": [
        {
            "name": "for the annotations of the boards",
            "rules": [
                {
                    "alert": "KafkaMirrorDriftHigh",
                    "expr": "max by (source, target, topic) (kafka_mirror_drift_seconds) > 2",
                    "labels": {"severity": "critical"},
                },
                {
                    "alert": "KafkaMirrorGroupLagHigh",
                    "expr": "max by (source, target, group) (kafka_mirror_group_lag_seconds) > 2",
                    "labels": {"severity": "warning"},
                },
                {
                    "alert": "KafkaMirrorClusterUnreachable",
                    "expr": 'max by (source, target, side) (kafka_mirror_brokers{state="failing"}) > 0',
                    "labels": {"severity": "critical"},
                },
                {"alert": "KafkaMirrorWatchdog", "expr": "vector(1)", "labels": {"severity": "none"}},
            ],
        }
    ]
}
_INTERVALS = {"__rate_interval": "20s", "__range": "1h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    """One query; `labels` are those that its panel shows, of a table those that the whole table shows."""

    board: str
    panel: str
    ref: str
    expr: str
    legend: str
    labels: frozenset[str]
    is_in_table: bool

    def __str__(self) -> str:
        return f"{self.board.removeprefix('kafka-mirror-')}: {self.panel} [{self.ref}]"

    def seen_with(self, **chosen: str) -> str:
        """What Prometheus is asked when these values are chosen; of the other variables, all."""
        return substituted(self.expr, chosen)

    @property
    def needed_metrics(self) -> frozenset[str]:
        """The metrics without which there is no answer."""
        return frozenset(name for name, _ in selectors(parse(self.seen_with()), only_needed=True))

    def fault_of(self, labels: Labels, value: float) -> str | None:
        """What is wrong with one series of an answer."""
        if isnan(value):
            return "not a number"
        if self.is_in_table and not set(labels) <= self.labels:
            return "rows of the table differ by a label that it does not show"
        if not self.is_in_table and not self.labels <= set(labels):
            return "the legend names a label that is not there"
        return None


def substituted(expression: str, chosen: Mapping[str, str]) -> str:
    """An expression without variables."""
    values = EVERYTHING | _INTERVALS | dict(chosen)
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values[found[1]], expression)


def panels(board: Mapping[str, Any]) -> Iterator[Panel]:
    """All panels but the headings of rows."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            assert not panel["panels"], "a collapsed row hides its panels from these tests"
        else:
            yield panel


def shown_labels(panel: Panel, target: Mapping[str, Any]) -> frozenset[str]:
    """The labels that the legend names, or the label columns of a table."""
    if panel["type"] == "table":
        fields = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
        return frozenset(field for field in fields if not field.startswith("Value"))
    return frozenset(re.findall(r"{{\s*(\w+)\s*}}", target["legendFormat"]))


def board_queries() -> list[BoardQuery]:
    """The queries of all panels of all boards."""
    return [
        BoardQuery(
            board=uid,
            panel=panel["title"],
            ref=target["refId"],
            expr=target["expr"],
            legend=target["legendFormat"],
            labels=shown_labels(panel, target),
            is_in_table=panel["type"] == "table",
        )
        for uid, board in BOARDS.items()
        for panel in panels(board)
        for target in panel["targets"]
    ]


def variable_queries() -> dict[str, tuple[str, str]]:
    """The selector and the label of each variable, by board and name; all are `label_values(selector, label)`."""
    found = {}
    for uid, board in BOARDS.items():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
                assert asked is not None, variable
                found[f"{uid}: {variable['name']}"] = (asked[1], asked[2])
    return found


def annotation_queries() -> dict[str, str]:
    """The expression of each annotation."""
    return {
        f"{uid}: {annotation['name']}": annotation["expr"]
        for uid, board in BOARDS.items()
        for annotation in board["annotations"]["list"]
    }
