"""Kafka's own commands in the runbooks: every option is one that the tool itself names."""

import re
import subprocess
from functools import cache

import pytest

from rig.jars import classpath
from rig.shipped import ALERTS
from rig.stage import SOURCE_VERSION

TOOLS = {
    "kafka-acls.sh": "kafka.admin.AclCommand",
    "kafka-broker-api-versions.sh": "kafka.admin.BrokerApiVersionsCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-consumer-groups.sh": "kafka.admin.ConsumerGroupCommand",
    "kafka-get-offsets.sh": "kafka.tools.GetOffsetShell",
    "kafka-topics.sh": "kafka.admin.TopicCommand",
    "kafka-transactions.sh": "org.apache.kafka.tools.TransactionsCommand",
}
_CALL = re.compile(r"(kafka-[a-z-]+\.sh) ([^`\n|)]*)")


def calls() -> list[tuple[str, str]]:
    """Every call of a tool of Kafka's, with what follows it on its line."""
    text = "".join(page.read_text() for page in sorted((ALERTS / "runbooks").glob("*.md")))
    return sorted({(tool, rest) for tool, rest in _CALL.findall(text) if "--" in rest})


@cache
def help_of(tool: str, subcommand: str) -> str:
    """What a tool says of itself, or of one of its subcommands."""
    asked = [subcommand, "--help"] if subcommand else ["--help"]
    if tool == "kafka-get-offsets.sh":
        # This one explains itself only when it is asked nothing.
        asked = []
    said = subprocess.run(
        ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classpath(SOURCE_VERSION), TOOLS[tool], *asked],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return said.stdout + said.stderr


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
