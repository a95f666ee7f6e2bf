"""Secrets from files and the environment: read when they are needed, shown nowhere."""

import hashlib
import os

from kafka_mirror_exporter.config.clusters import ClusterConfig, SecretConfig
from kafka_mirror_exporter.errors import ConfigError, Fault


def read_secret(place: SecretConfig, *, path: str) -> str:
    """One secret as it is now; `ConfigError` says what is missing, `path` where it is configured."""
    if place.env is not None:
        value = os.environ.get(place.env)
        if not value:
            raise _missing(path, f"the environment variable {place.env} is not set")
        return value
    try:
        text = place.file.read_text(encoding="utf-8") if place.file is not None else ""
    except (OSError, UnicodeDecodeError) as failure:
        why = failure.strerror if isinstance(failure, OSError) else "it is not text"
        raise _missing(path, f"the file {place.file} cannot be read: {why}") from failure
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise _missing(path, f"the file {place.file} is empty")
    return value


def _missing(path: str, sentence: str) -> ConfigError:
    return ConfigError([Fault(path=path, sentence=sentence)])


def read_secrets(cluster: ClusterConfig) -> dict[str, str]:
    """The values of a cluster's secret properties, as they are now; `ConfigError` names what is missing."""
    secrets: dict[str, str] = {}
    faults: list[Fault] = []
    for name, place in cluster.client_secrets.items():
        try:
            secrets[name] = read_secret(place, path=f'{cluster.alias}.client_secrets["{name}"]')
        except ConfigError as failure:
            faults += failure.faults
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
