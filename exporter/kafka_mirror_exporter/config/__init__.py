"""The configuration: read, checked as a whole, and handed on as frozen values."""

from kafka_mirror_exporter.config.clusters import ClusterConfig, SecretConfig
from kafka_mirror_exporter.config.fallback import (
    AlertmanagerConfig,
    FallbackConfig,
    NotifyConfig,
    WebhookConfig,
)
from kafka_mirror_exporter.config.load import (
    LoadedConfig,
    config_from_addresses,
    json_schema,
    load_config,
    readable_clusters,
)
from kafka_mirror_exporter.config.models import Config, MirrorConfig
from kafka_mirror_exporter.config.secrets import client_properties, read_secret, read_secrets, secrets_digest

__all__ = [
    "AlertmanagerConfig",
    "ClusterConfig",
    "Config",
    "FallbackConfig",
    "LoadedConfig",
    "MirrorConfig",
    "NotifyConfig",
    "SecretConfig",
    "WebhookConfig",
    "client_properties",
    "config_from_addresses",
    "json_schema",
    "load_config",
    "read_secret",
    "read_secrets",
    "readable_clusters",
    "secrets_digest",
]
