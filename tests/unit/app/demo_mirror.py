"""The demo's mirror with thresholds of a few seconds, as a configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka_mirror_exporter.demo.stand import Stand

DEMO_FALLBACK: Mapping[str, str] = {"release_after": "2s", "min_engaged": "3s"}


def demo_mirror(stand: Stand, *, topics: Sequence[str] = ("orders", "inventory")) -> dict[str, Any]:
    return {
        "source": {"alias": "legacy", "bootstrap_servers": stand.source},
        "target": {"alias": "modern", "bootstrap_servers": stand.target},
        "topics": {"include": list(topics)},
        "groups": {"include": ["billing"]},
        "thresholds": {"drift": "3s", "fallback": "4s"},
    }
