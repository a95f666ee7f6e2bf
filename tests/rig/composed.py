"""The compose file of the checkout, and the files that it mounts."""

from collections.abc import Iterator
from typing import Any

import yaml

from rig.containers import ROOT

COMPOSE_FILE = ROOT / "compose.yaml"
OUR_IMAGE = "localhost/kafka-mirror-exporter:compose"


def composition() -> dict[str, Any]:
    """The whole file, with its anchors followed."""
    said: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return said


def services() -> dict[str, dict[str, Any]]:
    """Its services by name."""
    said: dict[str, dict[str, Any]] = composition()["services"]
    return said


def our_services() -> list[str]:
    """The names of those that run on our own image."""
    return [name for name, service in services().items() if service["image"] == OUR_IMAGE]


def mounts() -> Iterator[tuple[str, str, str]]:
    """All volumes of all services, each as (service, source, target)."""
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            yield name, source, target


def read_yaml(path: str) -> Any:
    """A YAML file of the checkout."""
    return yaml.safe_load((ROOT / path).read_text())
