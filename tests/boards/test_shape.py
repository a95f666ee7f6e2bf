"""The boards as Grafana wants to find them: the classic model, panels on the grid, and no question twice."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from rig.boards import BOARDS, panels, shown_labels

CORE_PANELS = {"bargauge", "heatmap", "stat", "state-timeline", "table", "timeseries"}
CALM = {"green", "dark-green", "semi-dark-green", "light-green", "super-light-green", "blue"}
NUMBERS = {"5": "five", "10": "ten", "20": "twenty", "100": "hundred", "200": "two hundred"}
BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def test_there_are_three_boards() -> None:
    titles = {uid: board["title"] for uid, board in BOARDS.items()}

    assert titles == {
        "kafka-mirror-groups": "Kafka Mirror / Groups",
        "kafka-mirror-migration": "Kafka Mirror / Migration",
        "kafka-mirror-topic": "Kafka Mirror / Topic",
    }


@BOARD
def test_a_board_is_the_classic_model_with_a_name_of_its_own(board: dict[str, Any]) -> None:
    assert BOARDS[board["uid"]] is board
    assert (board["schemaVersion"], board["id"], board["editable"]) == (42, None, False)
    assert "__inputs" not in board
    assert "__requires" not in board


@BOARD
def test_ids_are_unique(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]

    assert len(set(ids)) == len(ids)


@BOARD
def test_panels_fill_the_grid_without_overlap(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in board["panels"]), 2):
        is_beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        is_above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert is_beside or is_above, (one, other)


@BOARD
def test_every_line_of_panels_is_full(board: dict[str, Any]) -> None:
    widths: dict[int, int] = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        for line in range(place["y"], place["y"] + place["h"]):
            widths[line] = widths.get(line, 0) + place["w"]

    assert {line for line, width in widths.items() if width != 24} == set()


@BOARD
def test_queries_of_a_panel_have_names_of_their_own(board: dict[str, Any]) -> None:
    for panel in panels(board):
        names = [target["refId"] for target in panel["targets"]]
        assert all(names)
        assert len(set(names)) == len(names), panel["title"]


@BOARD
def test_panels_are_of_kinds_that_grafana_has_built_in(board: dict[str, Any]) -> None:
    assert {panel["type"] for panel in panels(board)} <= CORE_PANELS


@BOARD
def test_titles_tell_panels_apart(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in panels(board)]

    assert len(set(titles)) == len(titles)


@BOARD
def test_what_is_not_measured_never_looks_like_calm(board: dict[str, Any]) -> None:
    """The first step of thresholds is also the colour of a value that is not there."""
    for panel in panels(board):
        fields = panel["fieldConfig"]
        scales = [fields["defaults"].get("thresholds")]
        scales += [
            p["value"] for o in fields["overrides"] for p in o["properties"] if p["id"] == "thresholds"
        ]
        for scale in scales:
            if scale is not None:
                assert scale["steps"][0]["value"] is None
                assert scale["steps"][0]["color"] not in CALM
        assert fields["defaults"]["noValue"] not in ("", "0")
        assert fields["defaults"].get("custom", {}).get("spanNulls", False) is False


@BOARD
def test_no_value_of_the_past_stands_for_now(board: dict[str, Any]) -> None:
    assert "lastNotNull" not in json.dumps(board)


@BOARD
def test_a_panel_that_shows_only_some_says_how_many(board: dict[str, Any]) -> None:
    for panel in panels(board):
        text = f"{panel['title']} {panel['description']}"
        for target in panel["targets"]:
            for count in re.findall(r"(?:top|bottom)k\((\d+),", target["expr"]):
                assert NUMBERS[count] in text, panel["title"]


@BOARD
def test_overrides_concern_something_that_is_there(board: dict[str, Any]) -> None:
    for panel in panels(board):
        names = {target["refId"] for target in panel["targets"]}
        for override in panel["fieldConfig"]["overrides"]:
            matcher = override["matcher"]
            if matcher["id"] == "byFrameRefID":
                assert matcher["options"] in names, panel["title"]
            elif matcher["options"].startswith("Value #"):
                assert matcher["options"].removeprefix("Value #") in names, panel["title"]


@BOARD
def test_links_lead_to_boards_that_exist_with_variables_that_they_have(board: dict[str, Any]) -> None:
    for uid, query in re.findall(r'"url": "/d/([^?"]+)\?([^"]*)"', json.dumps(board)):
        variables = {variable["name"] for variable in BOARDS[uid]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= variables
    siblings, runbooks = board["links"]
    assert all(set(siblings["tags"]) <= set(other["tags"]) for other in BOARDS.values())
    assert (siblings["includeVars"], siblings["keepTime"]) == (True, True)
    assert runbooks["url"].startswith("https://runbooks.example/")


@BOARD
def test_links_take_their_values_from_labels_that_are_shown(board: dict[str, Any]) -> None:
    for panel in panels(board):
        of_rows, of_series = (
            set(re.findall(rf"\${{{place}\.(\w+)", json.dumps(panel)))
            for place in (r"__data\.fields", r"__field\.labels")
        )
        assert of_rows <= (shown_labels(panel, {}) if panel["type"] == "table" else set())
        if of_series:
            assert of_series <= shown_labels(panel, panel["targets"][0])


@BOARD
def test_tables_sort_by_a_column_that_they_have(board: dict[str, Any]) -> None:
    for panel in panels(board):
        if panel["type"] == "table":
            titles = {
                p["value"]
                for o in panel["fieldConfig"]["overrides"]
                for p in o["properties"]
                if p["id"] == "displayName"
            }
            assert {by["displayName"] for by in panel["options"]["sortBy"]} <= titles


@BOARD
def test_variables_can_be_many_or_all_and_follow_what_is_chosen_above(board: dict[str, Any]) -> None:
    known = {"datasource"}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            assert (variable["multi"], variable["includeAll"], variable["refresh"]) == (True, True, 2)
            used = set(re.findall(r"\$(\w+)", variable["query"]["query"]))
            assert used <= known, "a variable depends on one that is chosen later"
        known.add(variable["name"])
    text = json.dumps([panel["targets"] for panel in panels(board)])
    for name in known - {"datasource"}:
        assert f"${name}" in text, f"nothing on the board depends on {name}"
