"""docs/kubernetes.md: every block of values is rendered, and every command is given to a real API server in its order."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rig.api_server import ApiServer
from rig.helm import ROOT, helm, kubectl, of_kind, rendered

PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
BLOCKS = [(kind, text) for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
VALUES = [text for kind, text in BLOCKS if kind == "yaml"]
COMMANDS = [line[2:] for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]
MIRRORMAKER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "mirrormaker"},
    "spec": {
        "selector": {"matchLabels": {"app": "mirrormaker"}},
        "template": {
            "metadata": {"labels": {"app": "mirrormaker"}},
            "spec": {"containers": [{"name": "mirrormaker", "image": "kafka:3.2.0"}]},
        },
    },
}


def test_a_block_is_values_or_commands() -> None:
    assert {kind for kind, _ in BLOCKS} == {"yaml", "console"}
    assert all(line.split()[0] in ("helm", "kubectl") for line in COMMANDS)
    assert len(VALUES) > 3


@pytest.mark.parametrize("text", VALUES, ids=lambda text: text.split(":")[0])
def test_the_values_are_taken(text: str, values_file: Path, major: str) -> None:
    values_file.write_text(text)

    objects = rendered("--values", values_file, major=major)

    assert yaml.safe_load(of_kind(objects, "ConfigMap", "exporter")["data"]["config.yaml"])["mirrors"]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[tuple[ApiServer, dict[str, str]]]:
    """A server with a Deployment as the page has it, and an environment whose helm and kubectl lead there."""
    for tool, program in (("helm", helm("4")), ("kubectl", kubectl())):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(program)
    (tmp_path / "helm").symlink_to(ROOT / "helm")
    sidecar = next(text for text in VALUES if text.startswith("mode: sidecar-snippet"))
    # The operator's kinds are not known to this server.
    values = yaml.safe_load(sidecar) | {"podMonitor": {"enabled": False}}
    (tmp_path / "sidecar.yaml").write_text(yaml.safe_dump(values))
    with ApiServer(tmp_path) as server:
        server.kubectl("create", "--filename", "-", stdin=json.dumps(MIRRORMAKER))
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        yield server, os.environ | {"PATH": path, "KUBECONFIG": str(server.kubeconfig)}


def test_the_commands_do_what_the_page_says(shell: tuple[ApiServer, dict[str, str]], tmp_path: Path) -> None:
    server, environment = shell

    for line in COMMANDS:
        done = subprocess.run(
            ["sh", "-c", line], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), line

    own = json.loads(server.kubectl("get", "deployment", "mirror-lag-kafka-mirror-exporter", "-o", "json"))
    assert own["spec"]["replicas"] == 1
    mirror = json.loads(server.kubectl("get", "deployment", "mirrormaker", "-o", "json"))
    assert [c["name"] for c in mirror["spec"]["template"]["spec"]["initContainers"]] == [
        "kafka-mirror-exporter"
    ]
