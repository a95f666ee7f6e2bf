"""The rules of Grafana's dashboard-linter, with the exceptions that `dashboards/.lint` gives a reason for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from promql_parser import parse

from rig.boards import BOARDS, FOLDER, panels, substituted
from rig.promql import nodes, selectors

DATA_SOURCE = "${datasource}"
UNITS = {
    "Bps", "dateTimeFromNow", "none", "ops", "percentunit", "reqps", "rps", "s", "short", "string", "wps",
}  # fmt: skip
LIMITED = {"stat", "table", "timeseries", "gauge"}
Board = dict[str, Any]
Fault = tuple[str, str]
"""The panel ("" for the whole board), and what is wrong."""


def _variable(board: Board, name: str) -> dict[str, Any] | None:
    return next((v for v in board["templating"]["list"] if v["name"] == name), None)


def _targets(board: Board) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((panel["title"], target) for panel in panels(board) for target in panel["targets"])


def _parsed(target: dict[str, Any]) -> Any:
    return parse(substituted(target["expr"], {}))


def template_datasource(board: Board) -> Iterator[Fault]:
    variable = _variable(board, "datasource")
    if variable is None or (variable["type"], variable["query"]) != ("datasource", "prometheus"):
        yield "", "no data source to choose"
    elif variable["label"] != "Data source":
        yield "", "the data source has another label"


def _template(name: str) -> Callable[[Board], Iterator[Fault]]:
    def rule(board: Board) -> Iterator[Fault]:
        if _variable(board, name) is None:
            yield "", f"no variable {name}"

    return rule


def template_label_promql(board: Board) -> Iterator[Fault]:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            query = variable["query"]["query"]
            if not query.startswith("label_values("):
                yield "", f"{query} takes no values of a label"
            parse(substituted(query.removeprefix("label_values(").rpartition(",")[0], {}))


def template_on_time_change_reload(board: Board) -> Iterator[Fault]:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield "", f"{variable['name']} does not follow the time"


def panel_datasource(board: Board) -> Iterator[Fault]:
    for panel in panels(board):
        if any(part["datasource"]["uid"] != DATA_SOURCE for part in (panel, *panel["targets"])):
            yield panel["title"], "another data source than the chosen one"


def panel_title_description(board: Board) -> Iterator[Fault]:
    for panel in panels(board):
        if not panel["title"] or not panel["description"]:
            yield panel["title"], "no title or description"


def panel_units(board: Board) -> Iterator[Fault]:
    for panel in panels(board):
        fields = panel["fieldConfig"]
        overridden = [p["value"] for o in fields["overrides"] for p in o["properties"] if p["id"] == "unit"]
        if panel["type"] in LIMITED and not {fields["defaults"].get("unit"), *overridden} <= UNITS:
            yield panel["title"], "no unit, or one that Grafana does not have"


def panel_no_targets(board: Board) -> Iterator[Fault]:
    for panel in panels(board):
        if not panel["targets"]:
            yield panel["title"], "asks nothing"


def target_promql(board: Board) -> Iterator[Fault]:
    for title, target in _targets(board):
        try:
            _parsed(target)
        except ValueError as failure:
            yield title, str(failure)


def target_rate_interval(board: Board) -> Iterator[Fault]:
    """Also `deriv`, which needs as many samples as `rate`."""
    for title, target in _targets(board):
        for node in nodes(_parsed(target)):
            name = node.func.name if type(node).__name__ == "Call" else ""
            if name in ("rate", "irate", "increase", "deriv") and "[$__rate_interval]" not in target["expr"]:
                yield title, f"{name} over another time than $__rate_interval"


def _target_matcher(label: str) -> Callable[[Board], Iterator[Fault]]:
    def rule(board: Board) -> Iterator[Fault]:
        for title, target in _targets(board):
            if any(label not in labels for _, labels in selectors(_parsed(target))):
                yield title, f"does not choose by {label}"

    return rule


def target_counter_agg(board: Board) -> Iterator[Fault]:
    for title, target in _targets(board):
        calls = [node for node in nodes(_parsed(target)) if type(node).__name__ == "Call"]
        inside = {
            name
            for call in calls
            if call.func.name in ("rate", "irate", "increase")
            for name, _ in selectors(call)
        }
        counters = {name for name, _ in selectors(_parsed(target)) if name.endswith("_total")}
        if counters - inside:
            yield title, f"{counters - inside} without rate or increase"


def uneditable_dashboard(board: Board) -> Iterator[Fault]:
    if board["editable"]:
        yield "", "can be edited in place"


RULES: dict[str, Callable[[Board], Iterator[Fault]]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": _template("job"),
    "template-instance-rule": _template("instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": _target_matcher("job"),
    "target-instance-rule": _target_matcher("instance"),
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard-rule": uneditable_dashboard,
}
EXCLUSIONS: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / ".lint").read_text())["exclusions"]


def _is_excluded(rule: str, board: Board, panel: str) -> bool:
    entries = EXCLUSIONS.get(rule, {"entries": []}).get("entries")
    here = {"dashboard": board["title"], "panel": panel}
    return entries is None or any(entry.items() <= here.items() for entry in entries)


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.parametrize("rule", RULES)
def test_a_board_follows_the_rule(rule: str, uid: str) -> None:
    board = BOARDS[uid]

    assert [f for f in RULES[rule](board) if not _is_excluded(rule, board, f[0])] == []


@pytest.mark.parametrize("rule", EXCLUSIONS)
def test_every_exception_is_needed_and_has_a_reason(rule: str) -> None:
    exclusion = EXCLUSIONS[rule]
    faults = [(uid, panel) for uid, board in BOARDS.items() for panel, _ in RULES[rule](board)]

    assert len(exclusion["reason"]) > 20
    assert faults
    for entry in exclusion.get("entries", []):
        assert any(
            BOARDS[uid]["title"] == entry["dashboard"] and panel == entry["panel"] for uid, panel in faults
        )
