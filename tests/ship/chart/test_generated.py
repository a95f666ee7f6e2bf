"""What is generated is in step, and its generator notices where it is not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kafka_mirror_exporter import __version__

from rig.helm import CHART, ROOT


def generate(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, root / "helm" / "generate.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for folder in ("helm", "alerts", "dashboards"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_all_is_in_step() -> None:
    done = generate(ROOT, "--check")

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ("alerts/kafka-mirror-exporter.rules.yaml", "files/rules.yaml"),
        ("dashboards/kafka-mirror-topic.json", "files/kafka-mirror-topic.json"),
        ("helm/kafka-mirror-exporter/values.yaml", "README.md"),
        ("helm/kafka-mirror-exporter/values.schema.json", "values.schema.json"),
    ],
)
def test_what_lags_behind_is_named_and_mended(changed: str, stale: str, copied: Path) -> None:
    file = copied / changed
    file.write_text(
        file.read_text().replace("KafkaMirror", "KafkaMirrors").replace("Registry", "Registries") + "\n"
    )

    done = generate(copied, "--check")

    assert done.returncode == 1
    assert f"{stale} is not what its source says" in done.stdout
    assert generate(copied).returncode == 0
    assert generate(copied, "--check").returncode == 0


def test_the_chart_is_made_for_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["version"] == chart["appVersion"] == __version__


def test_every_value_is_documented_and_typed() -> None:
    readme = (CHART / "README.md").read_text()
    schema = json.loads((CHART / "values.schema.json").read_text())

    def compare(values: dict[str, object], within: dict[str, object], path: str) -> None:
        properties = within["properties"]
        assert isinstance(properties, dict)
        assert set(values) == set(properties) - {"global"}, path
        for key, value in values.items():
            part = properties[key]
            if "properties" in part and isinstance(value, dict):
                compare(value, part, f"{path}{key}.")
            else:
                assert f"| `{path}{key}` |" in readme, f"{path}{key}"

    compare(yaml.safe_load((CHART / "values.yaml").read_text()), schema, "")
