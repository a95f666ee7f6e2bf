"""docs/container.md: every command, address and build argument of it is there."""

import re
import shlex

import pytest

from rig.composed import services
from rig.containers import ROOT
from rig.docker_commands import check_docker

_PAGE = (ROOT / "docs" / "container.md").read_text()
_COMMANDS = re.findall(r"^\$ (docker .+)$", _PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_is_one(command: str) -> None:
    check_docker(shlex.split(command)[1:])


@pytest.mark.parametrize(
    "command", ["docker run --remove kafka-mirror-exporter demo", "docker compose pause mirror", "docker compose burn",
                "docker run kafka-mirror-exporter serve --sauce x:1"]
)  # fmt: skip
def test_a_command_that_is_none_would_be_found(command: str) -> None:
    with pytest.raises(AssertionError):
        check_docker(shlex.split(command)[1:])


def test_every_address_is_a_published_port() -> None:
    published = {port.split(":")[1] for service in services().values() for port in service.get("ports", [])}
    named = set(re.findall(r"localhost:(\d+)", _PAGE))

    assert len(_COMMANDS) >= 7
    assert len(named) >= 7
    assert named <= published


def test_every_build_argument_is_told() -> None:
    arguments = set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    (table,) = re.findall(r"\| build argument .+?\n\n", _PAGE, re.DOTALL)

    assert arguments == set(re.findall(r"`([A-Z_]+)`", table))
