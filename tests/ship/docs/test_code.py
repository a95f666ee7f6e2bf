"""Every command, configuration, answer and query that a page shows is one that the code takes."""

import json
import tomllib
from collections.abc import Callable, Mapping

import promql_parser
import pytest

from kafka_mirror_exporter.metrics import METRICS

from rig.page_commands import CHECKS, check_command
from rig.page_yaml import check_yaml
from rig.pages import Code, blocks, pages, spans
from rig.promql import selectors
from rig.shell import command_lines, commands
from rig.shipped import shipped_rules

OURS = {spec.name for spec in METRICS} | {rule["record"] for rule in shipped_rules() if "record" in rule}


def check_console(text: str) -> None:
    lines = list(command_lines(text))
    assert lines, "a console block begins each command with a prompt"
    for line in lines:
        for words in commands(line):
            check_command(words)


def check_promql(text: str) -> None:
    """One expression a paragraph; what is ours in it is exported or recorded."""
    for expression in text.strip().split("\n\n"):
        names = {name for name, _ in selectors(promql_parser.parse(expression))}
        unknown = {name for name in names if "kafka_mirror_" in name} - OURS
        assert not unknown, f"not exported: {unknown}"


def check_text(text: str) -> None:
    assert "$ " not in text, "a command belongs in a console block"


def check_properties(text: str) -> None:
    for line in text.splitlines():
        assert not line.strip() or line.startswith("#") or "=" in line, line


KINDS: Mapping[str, Callable[[str], None]] = {
    "console": check_console,
    "json": lambda text: json.loads(text) and None,
    "promql": check_promql,
    "properties": check_properties,
    "text": check_text,
    "toml": lambda text: tomllib.loads(text) and None,
    "yaml": check_yaml,
    "{toctree}": lambda _: None,  # the build of the site judges it
}
BLOCKS = [block for page in pages() for block in blocks(page)]
# A span that is a whole command of a program that is checked, not just its name.
SPANS = [
    span
    for page in pages()
    for span in spans(page)
    if span.text.split(" ")[0] in CHECKS and len(span.text.split()) > 1
]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_what_it_says_it_is(block: Code) -> None:
    assert block.kind in KINDS, f"{block}: a block of the kind {block.kind!r}"

    KINDS[block.kind](block.text)


@pytest.mark.parametrize("span", SPANS, ids=lambda span: f"{span}:{span.text}")
def test_a_command_within_a_sentence_can_be_given(span: Code) -> None:
    for words in commands(span.text):
        check_command(words)


def test_there_is_something_to_check() -> None:
    kinds = {block.kind for block in BLOCKS}

    assert {"console", "json", "promql", "text", "yaml"} <= kinds
    assert len(BLOCKS) > 60
    assert len(SPANS) > 5


WRONG: Mapping[str, tuple[str, str]] = {
    "an option that we do not have": ("console", "$ kafka-mirror-exporter check --sauce a:1 --target b:1"),
    "a command that we do not have": ("console", "$ kafka-mirror-exporter cutover"),
    "a target that the Makefile does not have": ("console", "$ make everything"),
    "a path that nobody serves": ("console", "$ curl -s localhost:10015/api/v2/mirrors"),
    "a parameter that nobody reads": ("console", "$ curl -s 'localhost:10015/api/v1/fallback?group=a'"),
    "an option that Kafka's tool lacks": ("console", "$ kafka-acls.sh --bootstrap-server a:1 --permit"),
    "a program that nobody knows": ("console", "$ rm -rf /"),
    "a fault behind a pipe": ("console", "$ curl -s localhost:10015/metrics | kafka-mirror-exporter cutover"),
    "a line that is continued into a fault": ("console", "$ kafka-mirror-exporter serve \\\n    --port 1"),
    "output without a command": ("console", "nothing is run here"),
    "a key that the configuration lacks": ("yaml", "mirrors: []\npol: {interval: 5s}"),
    "a property that librdkafka lacks": (
        "yaml",
        "mirrors: [{source: {bootstrap_servers: 'a:1', client: {no.such: 1}}, target: {bootstrap_servers: 'b:1'}}]",
    ),
    "YAML of nobody's": ("yaml", "colour: red"),
    "a metric that we do not export": ("promql", "max by (topic) (kafka_mirror_latency_seconds)"),
    "a query that does not parse": ("promql", "sum by topic ("),
    "JSON with a comma too many": ("json", '{"a": 1,}'),
    "a command in a text": ("text", "$ make demo"),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_a_fault_is_found(fault: str) -> None:
    kind, text = WRONG[fault]

    with pytest.raises(Exception):  # noqa: B017, PT011  # each judge has an error of its own
        KINDS[kind](text)
