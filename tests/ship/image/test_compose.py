"""The compose file as it is written, and what every service of it is given."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rig.composed import COMPOSE_FILE, composition, mounts, our_services, read_yaml, services
from rig.containers import ROOT, done
from rig.prometheus import program

_BIN = Path(sys.executable).parent
# Full version, and a digest where one is known.
_PINNED = re.compile(r"(?:[\w.-]+/)+[\w-]+:v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")
_WITHOUT_DIGEST = {"kafka", "mirrormaker"}
# Nothing in them can be asked; the first is what the exporter watches, the other what it is watched by.
_WITHOUT_HEALTH_CHECK = {"mirrormaker", "workload"}


def _tool(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def _validate(file: Path) -> subprocess.CompletedProcess[str]:
    command = [str(_BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_it_is_a_compose_file_by_the_specification() -> None:
    assert _validate(COMPOSE_FILE).returncode == 0


def test_the_schema_would_find_a_misspelt_key(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE_FILE.read_text().replace("healthcheck:", "healthchek:", 1))

    assert _validate(file).returncode == 1


def test_the_whole_story_is_in_it() -> None:
    assert services().keys() == {
        "kafka", "redpanda", "mirrormaker", "workload", "exporter",
        "prometheus", "alertmanager", "grafana", "pager", "dual-write",
    }  # fmt: skip


def test_every_image_is_pinned() -> None:
    images = {name: service["image"] for name, service in services().items() if name not in our_services()}
    matches = {name: _PINNED.fullmatch(image) for name, image in images.items()}

    assert [name for name, match in matches.items() if match is None] == []
    assert {name for name, match in matches.items() if match and match[1] is None} == _WITHOUT_DIGEST


def test_every_mounted_file_is_there_and_read_only() -> None:
    volumes = [volume for service in services().values() for volume in service.get("volumes", [])]
    named = composition()["volumes"]

    for _, source, _ in mounts():
        assert source in named or (ROOT / source).is_file(), source
    assert [volume for volume in volumes if volume.startswith("./") and not volume.endswith(":ro")] == []


def test_every_file_of_the_folder_is_mounted() -> None:
    mounted = {(ROOT / source).resolve() for _, source, _ in mounts() if source.startswith("./")}
    there = {
        path for path in (ROOT / "compose").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    boards = set((ROOT / "dashboards").glob("*.json"))

    assert there | boards <= mounted


def test_ports_are_unique_and_on_loopback_only() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    outside = [port.split(":")[1] for port in ports]

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    assert sorted(outside) == sorted(set(outside))


def test_every_service_that_can_be_asked_has_a_health_check() -> None:
    unchecked = {
        name
        for name, service in services().items()
        if "healthcheck" not in service and name not in our_services()
    }
    switched_off = {name for name, s in services().items() if s.get("healthcheck", {}).get("disable")}

    assert unchecked | switched_off == _WITHOUT_HEALTH_CHECK


def test_whoever_is_waited_for_has_a_health_check() -> None:
    waited_for = {name for service in services().values() for name in service.get("depends_on", {})}

    assert waited_for
    assert all("test" in services()[name]["healthcheck"] for name in waited_for)


@pytest.mark.parametrize("name", our_services())
def test_our_own_services_have_no_rights(name: str) -> None:
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_exporter_accepts_its_configuration(image: str) -> None:
    config = ROOT / "compose" / "exporter.yaml"
    mount = f"--volume={config}:/config.yaml:ro"

    said = done("podman", "run", "--rm", "--network=none", mount, image, "config", "check", "/config.yaml")

    assert said == "/config.yaml: in order"


def test_prometheus_accepts_its_configuration_with_our_rules(tmp_path: Path) -> None:
    for source in ("compose/prometheus.yaml", "alerts/kafka-mirror-exporter.rules.yaml"):
        (tmp_path / Path(source).name).write_text((ROOT / source).read_text())

    said = _tool(program("promtool"), "check", "config", str(tmp_path / "prometheus.yaml"))

    assert re.search(r"SUCCESS: \d+ rules found", said)


def test_prometheus_is_set_up_as_it_is_shipped() -> None:
    ours, shipped = read_yaml("compose/prometheus.yaml"), read_yaml("alerts/prometheus.yaml")
    ours["scrape_configs"][0]["static_configs"] = shipped["scrape_configs"][0]["static_configs"]
    ours["alerting"] = shipped["alerting"]

    assert ours == shipped


def test_alertmanager_is_set_up_as_it_is_shipped_but_for_the_receivers() -> None:
    ours, shipped = read_yaml("compose/alertmanager.yaml"), read_yaml("alerts/alertmanager.yaml")

    _tool(program("amtool"), "check-config", "compose/alertmanager.yaml")

    assert [receiver["name"] for receiver in ours["receivers"]] == [r["name"] for r in shipped["receivers"]]
    assert ours | {"receivers": None} == shipped | {"receivers": None}


def test_grafana_finds_prometheus_and_our_boards() -> None:
    (source,) = read_yaml("compose/grafana/datasources.yaml")["datasources"]
    (provider,) = read_yaml("compose/grafana/dashboards.yaml")["providers"]
    boards = [Path(target) for name, _, target in mounts() if name == "grafana" and target.endswith(".json")]

    assert source["url"] == "http://prometheus:9090"
    assert source["type"] == "prometheus"
    assert {str(board.parent) for board in boards} == {provider["options"]["path"]}
    assert {board.name for board in boards} == {path.name for path in (ROOT / "dashboards").glob("*.json")}
    assert services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in map(
        str, boards
    )


def test_every_address_in_it_leads_to_a_service_of_it() -> None:
    text = COMPOSE_FILE.read_text() + "".join(p.read_text() for p in (ROOT / "compose").rglob("*.*ml"))
    text += "".join(path.read_text() for path in (ROOT / "compose").glob("*.properties"))
    named = set(re.findall(r"\b([a-z][a-z-]+):\d{4,5}\b", text)) - {"localhost"}

    assert named <= services().keys()
    assert {"kafka", "redpanda", "exporter", "prometheus", "alertmanager", "pager", "dual-write"} <= named
