"""What a YAML block in the documentation may be, told by its keys, and the check for each kind."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kafka_mirror_exporter.clusters import try_property
from kafka_mirror_exporter.config import Config, load_config
from kafka_mirror_exporter.web.web_config import parse_web_config

from rig.pages import ROOT
from rig.prometheus import program


def check_exporter_config(text: str) -> None:
    """A configuration of ours: the loader takes it, and librdkafka every property with its value."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "mirror.yaml"
        file.write_text(text)
        config = load_config(file).config
    for mirror in config.mirrors:
        for cluster in (mirror.source, mirror.target):
            for name, value in cluster.client.items():
                fault = try_property(name, value)
                assert fault is None, f"{name}: {fault}"


def check_section(text: str) -> None:
    """A part of a configuration of ours, held to be the rest of one with a mirror."""
    addresses = {"source": {"bootstrap_servers": "a:1"}, "target": {"bootstrap_servers": "b:1"}}
    check_exporter_config(
        yaml.safe_dump({"mirrors": [addresses], "state_file": "none"} | yaml.safe_load(text))
    )


def check_chart_values(text: str) -> None:
    """Values of the chart, by the names of its schema, and the configuration that they hold."""
    schema = json.loads((ROOT / "helm" / "kafka-mirror-exporter" / "values.schema.json").read_text())
    content = yaml.safe_load(text)
    unknown = set(content) - set(schema["properties"])
    assert not unknown, f"the chart has no {unknown}"
    # Where the state is kept is the chart's to say.
    check_exporter_config(yaml.safe_dump({"state_file": "none"} | content["config"]))


def check_prometheus(text: str) -> None:
    """A whole configuration of Prometheus."""
    _hand_to(["promtool", "check", "config", "--syntax-only"], text)


def check_alertmanager(text: str) -> None:
    """A whole configuration of Alertmanager."""
    _hand_to(["amtool", "check-config"], text)


def _hand_to(command: list[str], text: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        ended = subprocess.run(
            [program(command[0]), *command[1:], file.name], check=False, capture_output=True, text=True
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def check_grafana_provider(text: str) -> None:
    """A provider of boards, with the keys that Grafana reads."""
    content = yaml.safe_load(text)
    assert content["apiVersion"] == 1
    known = {"name", "folder", "type", "allowUiUpdates", "options", "updateIntervalSeconds"}
    for provider in content["providers"]:
        assert set(provider) <= known
        assert provider["options"].keys() == {"path"}


def check_web_config(text: str) -> None:
    """A file for `--web.config.file`."""
    parse_web_config(yaml.safe_load(text), file=Path("web.yaml"))


def check_kafka_user(text: str) -> None:
    """Strimzi's KafkaUser: rights in the words of its reference."""
    content = yaml.safe_load(text)
    assert content["kind"] == "KafkaUser"
    assert content["apiVersion"].startswith("kafka.strimzi.io/")
    assert "strimzi.io/cluster" in content["metadata"]["labels"]
    assert content["spec"]["authorization"]["type"] == "simple"
    for rule in content["spec"]["authorization"]["acls"]:
        assert rule["resource"]["type"] in {"topic", "group", "cluster", "transactionalId"}
        assert rule["resource"].get("patternType", "literal") in {"literal", "prefix"}
        assert set(rule["operations"]) <= {"Read", "Describe", "DescribeConfigs"}, "more than reading"


KINDS: Mapping[str, Callable[[str], None]] = {
    "mirrors": check_exporter_config,
    "config": check_chart_values,
    "scrape_configs": check_prometheus,
    "route": check_alertmanager,
    "providers": check_grafana_provider,
    "tls_server_config": check_web_config,
}


def check_yaml(text: str) -> None:
    """Fails where a block is of no known kind, or is not in order."""
    content: Any = yaml.safe_load(text)
    assert isinstance(content, dict), "a mapping is expected"
    if content.get("kind") == "KafkaUser":
        check_kafka_user(text)
        return
    if "mirrors" not in content and set(content) <= set(Config.model_fields):
        check_section(text)
        return
    kinds = [check for key, check in KINDS.items() if key in content]
    assert len(kinds) == 1, f"of which kind is a file with {sorted(content)}?"
    kinds[0](text)
