"""The rig's own Prometheus, Alertmanager and receiver do what the other tests rely on."""

from pathlib import Path

import pytest
import yaml

from rig.process import wait_until
from rig.prometheus import Alertmanager, Prometheus, WebhookReceiver, prometheus_config

# Prometheus looks for its Alertmanagers every five seconds, and says again after a minute only.
ALWAYS = {"alert": "Always", "expr": "vector(7)", "for": "7s", "labels": {"topic": "orders"}}
RULES = {"groups": [{"name": "a", "rules": [ALWAYS]}]}


def test_an_alert_goes_from_a_rule_to_the_receiver(tmp_path: Path) -> None:
    rules, routes = tmp_path / "rules.yaml", tmp_path / "alertmanager.yaml"
    rules.write_text(yaml.safe_dump(RULES))
    with WebhookReceiver() as receiver:
        hook = {"name": "hook", "webhook_configs": [{"url": f"{receiver.url}/pager"}]}
        routes.write_text(
            yaml.safe_dump({"route": {"receiver": "hook", "group_wait": "0s"}, "receivers": [hook]})
        )
        with Alertmanager(tmp_path / "am", routes) as manager:
            config = prometheus_config(
                targets=[],
                rule_files=[rules],
                alertmanagers=[f"127.0.0.1:{manager.port}"],
                interval_seconds=1,
            )
            with Prometheus(tmp_path / "prometheus", config) as prometheus:
                wait_until(
                    lambda: receiver.of("Always", topic="orders"), seconds=30, what="the alert arrives"
                )
                firing = prometheus.firing("Always")
                known = manager.alerts()

    assert receiver.of("Always")[0].path == "/pager"
    assert [alert["value"] for alert in firing] == ["7e+00"]
    assert known[0]["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": []}
    assert not prometheus.process.is_running
    assert not manager.process.is_running


def test_a_query_gives_labels_and_values_or_the_fault(tmp_path: Path) -> None:
    with Prometheus(tmp_path, prometheus_config(targets=[])) as prometheus:
        assert prometheus.query("vector(3)") == [({}, 3.0)]
        with pytest.raises(ValueError, match="parse error"):
            prometheus.query("max by (")


def test_a_configuration_that_is_refused_is_told_with_the_log(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="has ended"):
        Prometheus(tmp_path, {"no_such_key": 1}).__enter__()
