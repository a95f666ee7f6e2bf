"""Kafka's own command line tools, as the shell scripts of the same name call them."""

import subprocess
from collections.abc import Mapping, Sequence
from functools import cache

from rig.jars import classpath
from rig.stage import SOURCE_VERSION

TOOLS: Mapping[str, str] = {
    "kafka-acls.sh": "kafka.admin.AclCommand",
    "kafka-broker-api-versions.sh": "kafka.admin.BrokerApiVersionsCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-consumer-groups.sh": "kafka.admin.ConsumerGroupCommand",
    "kafka-get-offsets.sh": "kafka.tools.GetOffsetShell",
    "kafka-topics.sh": "kafka.admin.TopicCommand",
    "kafka-transactions.sh": "org.apache.kafka.tools.TransactionsCommand",
}


def run_tool(tool: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs one tool of the older Kafka to its end."""
    java = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classpath(SOURCE_VERSION), TOOLS[tool]]
    return subprocess.run([*java, *arguments], capture_output=True, text=True, check=False, timeout=60)


@cache
def help_of(tool: str, subcommand: str = "") -> str:
    """What a tool says of itself, or of one of its subcommands."""
    asked = [subcommand, "--help"] if subcommand else ["--help"]
    if tool == "kafka-get-offsets.sh":
        # This one explains itself only when it is asked nothing.
        asked = []
    said = run_tool(tool, asked)
    return said.stdout + said.stderr
