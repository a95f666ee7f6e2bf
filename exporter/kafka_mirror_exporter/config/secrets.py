"""Secrets from files and the environment: read when they are needed, shown nowhere."""

import hashlib
import os

from kafka_mirror_exporter.config.clusters import ClusterConfig
from kafka_mirror_exporter.errors import ConfigError, Fault


def read_secrets(cluster: ClusterConfig) -> dict[str, str]:
    """The values of a cluster's secret properties, as they are now; `ConfigError` names what is missing."""
    secrets: dict[str, str] = {}
    faults: list[Fault] = []
    for name, place in cluster.client_secrets.items():
        path = f'{cluster.alias}.client_secrets["{name}"]'
        if place.env is not None:
            value = os.environ.get(place.env)
            if not value:
                faults.append(Fault(path=path, sentence=f"the environment variable {place.env} is not set"))
            else:
                secrets[name] = value
            continue
        try:
            text = place.file.read_text(encoding="utf-8") if place.file is not None else ""
        except (OSError, UnicodeDecodeError) as failure:
            why = failure.strerror if isinstance(failure, OSError) else "it is not text"
            faults.append(Fault(path=path, sentence=f"the file {place.file} cannot be read: {why}"))
            continue
        value = text.removesuffix("\n").removesuffix("\r")
        if value:
            secrets[name] = value
        else:
            faults.append(Fault(path=path, sentence=f"the file {place.file} is empty"))
    if faults:
        raise ConfigError(faults)
    return secrets


def secrets_digest(cluster: ClusterConfig) -> str:
    """What changes when a secret does."""
    digest = hashlib.sha256()
    for name, value in sorted(read_secrets(cluster).items()):
        digest.update(f"{name}={len(value)}:{value}".encode())
    return digest.hexdigest()


def client_properties(cluster: ClusterConfig, secrets: dict[str, str]) -> dict[str, str]:
    """All librdkafka properties of a cluster, secrets among them."""
    return {**cluster.client, **secrets}
