"""A real Prometheus that scraped the exporter on embedded brokers with faults pressed, and readings made by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from boards.wide import wide_reading
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.reading import GroupSummary, MirrorReading
from kafka_mirror_exporter.demo.stand import SOURCE_ALIAS, SOURCE_GROUPS, TARGET_ALIAS, TARGET_GROUPS, Stand
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading
from unit.web.running import running
from unit.web.sites import site_of

from rig.boards import RULES
from rig.process import wait_until
from rig.prometheus import Prometheus, prometheus_config
from rig.serving import serving

# The same stand seen by three mirrors of other thresholds: one that never pages, one past its page threshold,
# one past its fallback threshold, too.
THRESHOLDS = {
    "calm": {"drift": "1h", "fallback": "2h", "group_lag": "1h"},
    "late": {"drift": "2s", "fallback": "1h", "group_lag": "2s"},
    "later": {"drift": "2s", "fallback": "3s", "group_lag": "2s"},
}
BILLING = GroupSummary(
    group="billing", state="on_both", judged_side="target", members={"source": 2, "target": 1}
)


def _mirror(stand: Stand, alias: str) -> dict[str, Any]:
    return {
        "source": {"alias": alias, "bootstrap_servers": stand.source},
        "target": {"alias": TARGET_ALIAS, "bootstrap_servers": stand.target},
        "mirrormaker2": {"source_alias": SOURCE_ALIAS, "target_alias": TARGET_ALIAS},
        "groups": {"include": [*SOURCE_GROUPS, *TARGET_GROUPS]},
        "thresholds": THRESHOLDS[alias],
    }


@contextmanager
def hand_made(reading: MirrorReading) -> Iterator[str]:
    """A server with this reading, as `host:port`."""
    with running(create_app(site_of(reading))) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    work_dir: Path = tmp_path_factory.mktemp("prometheus")
    rules = work_dir / "rules.yaml"
    rules.write_text(yaml.safe_dump(RULES))
    with ExitStack() as stack:
        stand = stack.enter_context(closing(Stand(rate=200)))
        mirrors = [_mirror(stand, alias) for alias in THRESHOLDS]
        config = Config.model_validate({"mirrors": mirrors, "poll": {"interval": "1s", "timeout": "900ms"}})
        # Two replicas of what was made by hand, and one of a mirror of three thousand partitions.
        by_hand = mirror_reading(groups=(BILLING,))
        readings = (by_hand, by_hand, wide_reading())
        targets = [
            stack.enter_context(serving(config)),
            *(stack.enter_context(hand_made(reading)) for reading in readings),
        ]
        scraping = prometheus_config(targets=targets, rule_files=[rules], interval_seconds=1)
        server = stack.enter_context(Prometheus(work_dir / "server", scraping))
        _break_things(stand, server)
        yield server


def _break_things(stand: Stand, server: Prometheus) -> None:
    def holds(condition: str) -> None:
        wait_until(lambda: server.query(condition), seconds=90, what=condition)

    holds('count(kafka_mirror_drift_seconds{source=~"calm|late|later"}) == 48')
    holds('kafka_mirror_group_state{group="reporting", state="on_target", source="late"}')
    stand.press("lose", topic="orders")
    stand.press("stall", topic="inventory")
    stand.press("stop-group", group="reporting")
    holds('kafka_mirror_last_loss_timestamp_seconds{source="late", topic="orders"}')
    holds('kafka_mirror_drift_seconds{source="later", topic="inventory"} > 22')  # longer than rates look back
    holds('kafka_mirror_group_lag_seconds{source="late", group="reporting"} > 3')
    for alert in ("KafkaMirrorDriftHigh", "KafkaMirrorGroupLagHigh", "KafkaMirrorWatchdog"):
        holds(f'ALERTS{{alertname="{alert}", alertstate="firing"}}')
    holds("min(count_over_time(kafka_mirror_polls_total[20s])) > 3")
