"""What a command in the documentation must be like; each check fails with an `AssertionError` that says why."""

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

import click

from kafka_mirror_exporter import cli
from kafka_mirror_exporter.web.openapi import openapi_document

from rig.docker_commands import check_docker
from rig.kafka_tools import TOOLS, help_of
from rig.pages import ROOT
from rig.prometheus import program

Words = Sequence[str]
# Not to be had where the tests run: the names are those of the vendors' own references.
VENDOR_OPTIONS: Mapping[str, frozenset[str]] = {
    "rpk": frozenset(
        {"--allow-principal", "--operation", "--topic", "--group", "--resource-pattern-type", "-X"}
    ),
    "confluent": frozenset(
        {"--allow", "--service-account", "--operations", "--topic", "--consumer-group", "--prefix"}
    ),
}
# Whatever stands after these is theirs; that they exist is the business of who installs them.
_PIP_CALLS = {
    shlex.join(call.split())
    for call in (
        "install .",
        "install --no-deps .",
        "install kafka_mirror_exporter-*.whl",
        "install --require-hashes --only-binary :all: -r requirements.txt",
        "install --no-binary confluent-kafka confluent-kafka",
    )
}
NEUTRAL = frozenset({"cd", "export", "grep", "jcmd", "jq", "kill", "kubectl"})
_OWN_ADDRESSES = (
    r"^(?:\$EXPORTER|(?:http://)?(?:localhost|127\.0\.0\.1|exporter|kafka-mirror-exporter):10015)"
)
_OTHER_ADDRESSES = {
    r"^\$CONNECT": r"/connectors(/[A-Za-z]+(/(status|config|restart|offsets|tasks/\d+/restart))?)?",
    r"^http://prometheus:9090": r"/-/healthy|/api/v1/(alertmanagers|query)",
    r"^http://alertmanager:9093": r"/-/healthy",
}


def check_own(words: Words) -> None:
    """Our own command, as click understands it."""
    command: click.Command = cli._root
    rest = list(words)
    while isinstance(command, click.Group):
        assert rest, "which command?"
        name = rest.pop(0)
        if name == "--version":
            return
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"there is no command {name}"
        command = found
    try:
        command.make_context(command.name, rest)
    except click.ClickException as refusal:
        raise AssertionError(refusal.format_message()) from refusal


def check_make(words: Words) -> None:
    """A target of the Makefile, and variables that it reads."""
    text = (ROOT / "Makefile").read_text()
    for word in words:
        variable, is_set, _ = word.partition("=")
        wanted = rf"\$\({variable}\)" if is_set else rf"^{re.escape(word)}:"
        assert re.search(wanted, text, re.MULTILINE), f"the Makefile has no {word}"


def check_curl(words: Words) -> None:
    """An address of ours that the OpenAPI document has, or one of a neighbour's."""
    urls = [word for word in words if re.match(r"https?://|\$|localhost|127\.", word)]
    assert len(urls) == 1, "one address is expected"
    (url,) = urls
    if (own := re.match(_OWN_ADDRESSES, url)) is not None:
        _check_own_path(url[own.end() :])
        return
    for address, paths in _OTHER_ADDRESSES.items():
        if (found := re.match(address, url)) is not None:
            path = url[found.end() :].partition("?")[0]
            assert re.fullmatch(paths, path), f"{url}: nobody answers there"
            return
    raise AssertionError(f"{url}: whose address is that?")


def _check_own_path(path: str) -> None:
    path, _, query = path.partition("?")
    for template, methods in openapi_document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            described = {p["name"] for method in methods.values() for p in method.get("parameters", ())}
            asked = {part.partition("=")[0] for part in query.split("&") if part}
            assert asked <= described, f"{path} takes no {asked - described}"
            return
    raise AssertionError(f"the exporter has no {path}")


def check_kafka_tool(tool: str, words: Words) -> None:
    """A tool of Kafka's that the tests know, with options that it names itself."""
    assert tool in TOOLS, f"{tool} is not one of Kafka's tools"
    subcommand = ""
    if tool == "kafka-transactions.sh":
        subcommand = next((word for word in words[2:] if not word.startswith("-")), "")
    known = help_of(tool) + (help_of(tool, subcommand) if subcommand else "")
    for option in options_of(words):
        assert re.search(rf"{option}\b", known), f"{tool} has no {option}"


def check_vendor_tool(tool: str, words: Words) -> None:
    """Options that the vendor's own reference has, as far as pages change anything with them."""
    if "acl" in words:
        unknown = set(options_of(words)) - VENDOR_OPTIONS[tool]
        assert not unknown, f"{tool} was not looked up for {unknown}"


def options_of(words: Words) -> list[str]:
    """The words that are options, without their values."""
    return [word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)]


def check_pip(words: Words) -> None:
    """One of the calls that the tests of the release make, or that the page says was not tried."""
    assert shlex.join(words) in _PIP_CALLS, "nothing tries to install that"


def check_script(words: Words) -> None:
    """A script of the checkout, with options that it declares."""
    script = ROOT / words[0]
    assert script.is_file(), f"there is no {words[0]}"
    for option in options_of(words[1:]):
        assert f'"{option}"' in script.read_text(), f"{words[0]} has no {option}"


def check_module(words: Words) -> None:
    """`python -m kafka_mirror_exporter`, `python -m venv`, or a script."""
    if words[:2] == ["-m", "kafka_mirror_exporter"]:
        check_own(words[2:])
    elif words[:2] != ["-m", "venv"]:
        check_script(words)


def check_helm(words: Words) -> None:
    """The chart of the checkout; what it makes of the values is the business of the tests of the chart."""
    charts = [word for word in words if word.startswith("helm/")]
    assert charts or words in (["install"], ["test"]), "which chart?"
    for chart in charts:
        assert (ROOT / chart / "Chart.yaml").is_file(), f"there is no chart {chart}"


def check_monitoring(tool: str, words: Words) -> None:
    """A call of promtool or amtool: a subcommand that the installed one has, with options that it names."""
    plain = [word for word in words if not word.startswith("-")]
    subcommand = list(takewhile(lambda word: re.fullmatch(r"[a-z-]+", word), plain))
    said = subprocess.run(
        [program(tool), *subcommand, "--help"], check=False, capture_output=True, text=True, timeout=30
    )
    known = said.stdout + said.stderr
    assert said.returncode == 0, known
    for option in options_of(words):
        assert re.search(rf"{re.escape(option)}\b", known), f"{tool} {' '.join(subcommand)} has no {option}"


CHECKS: Mapping[str, Callable[[Words], None]] = {
    "kafka-mirror-exporter": check_own,
    "make": check_make,
    "curl": check_curl,
    "docker": check_docker,
    "helm": check_helm,
    "pip": check_pip,
    "python": check_module,
    "python3": check_module,
    **{tool: lambda words, tool=tool: check_kafka_tool(tool, words) for tool in TOOLS},
    **{tool: lambda words, tool=tool: check_vendor_tool(tool, words) for tool in VENDOR_OPTIONS},
    **{tool: lambda words, tool=tool: check_monitoring(tool, words) for tool in ("promtool", "amtool")},
}


def check_command(words: Words) -> None:
    """Fails where a command is not known, or its arguments are wrong."""
    name, *arguments = words
    name = name.removeprefix(".venv/bin/")
    if name in NEUTRAL:
        return
    assert name in CHECKS, f"{name} is not a program that the documentation may name"
    CHECKS[name](arguments)
