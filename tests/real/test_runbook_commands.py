"""Kafka's own commands in the runbooks: every option is one that the tool itself names."""

import re

import pytest

from rig.kafka_tools import TOOLS, help_of
from rig.shipped import ALERTS

_CALL = re.compile(r"(kafka-[a-z-]+\.sh) ([^`\n|)]*)")


def calls() -> list[tuple[str, str]]:
    """Every call of a tool of Kafka's, with what follows it on its line."""
    text = "".join(page.read_text() for page in sorted((ALERTS / "runbooks").glob("*.md")))
    return sorted({(tool, rest) for tool, rest in _CALL.findall(text) if "--" in rest})


def test_the_runbooks_call_kafkas_tools_and_no_others() -> None:
    assert {tool for tool, _ in calls()} == set(TOOLS)


@pytest.mark.parametrize(("tool", "rest"), calls(), ids=[f"{tool} {rest}" for tool, rest in calls()])
def test_every_option_is_one_of_the_tool(tool: str, rest: str) -> None:
    subcommand = ""
    if tool == "kafka-transactions.sh":
        # Its first word that is no option, nor the value of one, is what it should do.
        (subcommand,) = re.findall(r"^--bootstrap-server \S+ ([a-z-]+)", rest)
    known = help_of(tool, "") + help_of(tool, subcommand)

    for option in re.findall(r"--[a-z-]+", rest):
        assert re.search(rf"{option}\b", known), known
