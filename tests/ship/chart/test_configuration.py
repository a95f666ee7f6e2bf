"""The configuration in a rendering is one that the exporter takes, and the arguments are those it knows."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from kafka_mirror_exporter import cli

from rig.helm import CHART, Object, container, of_kind, refused, rendered

PLACES = "/etc/kafka"


def configuration(objects: Sequence[Object]) -> str | None:
    """What the exporter will read; nothing where it comes from outside the chart."""
    for made in objects:
        for data in (made.get("data", {}), made.get("stringData", {})):
            if "config.yaml" in data:
                return str(data["config.yaml"])
    return None


def files_of(config: Any) -> Iterator[str]:
    """Every file that a configuration names for a secret."""
    if isinstance(config, dict):
        for key, below in config.items():
            if key == "file":
                yield below
            else:
                yield from files_of(below)
    elif isinstance(config, list):
        for below in config:
            yield from files_of(below)


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-days", "1"]
    subprocess.run([*command, "-keyout", folder / "k", "-out", folder / "c"], check=True, capture_output=True)
    return (folder / "c").read_text(), (folder / "k").read_text()


def check(text: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """`config check`, with the secrets where the file says, below a folder of the test's own."""
    public, private = certificate(folder)
    for name in files_of(yaml.safe_load(text)):
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text({".crt": public, ".key": private}.get(path.suffix, "secret"))
    (folder / "config.yaml").write_text(text.replace(PLACES, f"{folder}{PLACES}"))
    return subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", "config", "check", folder / "config.yaml"],
        check=False, capture_output=True, text=True, timeout=60, env=os.environ | {"TARGET_PASSWORD": "a"},
    )  # fmt: skip


def test_the_exporter_takes_the_configuration(values: Path, major: str, tmp_path: Path) -> None:
    text = configuration(rendered("--values", values, major=major))

    if text is None:
        assert "existing" in values.name
        return
    done = check(text, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_secret_of_the_configuration_lies_where_the_chart_mounts_it(values: Path) -> None:
    objects = rendered("--values", values)
    text = configuration(objects)
    if text is None or "sidecar" in values.name:
        return
    mounts = [mount["mountPath"] for mount in container(objects)["volumeMounts"]]

    lost = [file for file in files_of(yaml.safe_load(text)) if str(Path(file).parent) not in mounts]

    assert lost == []


def test_the_exporter_knows_the_arguments(values: Path) -> None:
    objects = rendered("--values", values)
    if not [made for made in objects if made["kind"] == "Deployment"]:
        return
    name, *arguments = container(objects)["args"]
    command: Any = cli._root.get_command(click.Context(cli._root), name)

    command.make_context(name, list(arguments))

    assert any(argument.startswith("--config.file=") for argument in arguments)


def test_numbers_stay_what_they_are(addresses: tuple[str, ...], major: str) -> None:
    objects = rendered(*addresses, "--set", "config.metrics.max_series=123456789", major=major)

    assert "max_series: 123456789" in str(configuration(objects))


def test_text_is_passed_on_with_its_comments() -> None:
    objects = rendered("--values", CHART / "ci" / "text-in-a-secret-values.yaml")

    assert of_kind(objects, "Secret")["stringData"]["config.yaml"].count("drift: off  # boards only") == 1


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"mirors": []}, "mirors"),
        ({"mirrors": [{"source": {"bootstrap_servers": "a:1"}}]}, "target"),
        ({"poll": {"interval": 5}}, "interval"),
        ({"fallback": {"enabled": "yes"}}, "enabled"),
    ],
)
def test_a_fault_is_found_before_anything_is_installed(
    config: Mapping[str, Any], complaint: str, addresses: tuple[str, ...], values_file: Path, major: str
) -> None:
    values_file.write_text(yaml.safe_dump({"config": config}))

    said = refused("--values", values_file, *(() if "mirrors" in config else addresses), major=major)

    assert "config" in said
    assert complaint in said


def test_an_unknown_value_is_refused(addresses: tuple[str, ...], major: str) -> None:
    assert "replicas" in refused(*addresses, "--set", "replicas=2", major=major)
    assert "enabeld" in refused(*addresses, "--set", "serviceMonitor.enabeld=true", major=major)


def test_nothing_secret_is_asked_for_in_values() -> None:
    """Whatever the chart mounts or reads as a secret is one that exists."""
    made = [
        (file.name, each)
        for file in sorted((CHART / "ci").glob("*.yaml"))
        for each in rendered("--values", file)
        if each["kind"] == "Secret"
    ]

    assert [name for name, _ in made] == ["text-in-a-secret-values.yaml"]
    assert set(made[0][1]["stringData"]) == {"config.yaml"}
