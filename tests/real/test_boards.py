"""Every query of the boards, asked of a real Prometheus that scrapes the exporter on real clusters.

The queries are asked again and again while MirrorMaker flows, stands still, and catches up: each must have had an
answer at some moment, for what a board shows of a mirror that is late it does not show of one that is well.
"""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kafka_mirror_exporter.config import Config

from rig.boards import RULES, BoardQuery, board_queries
from rig.listener import Listener
from rig.process import JavaProcess
from rig.prometheus import Labels, Prometheus, prometheus_config
from rig.serving import serving
from rig.stage import Recording, Stage, until
from rig.truth import Workload

TOPIC, GROUP = "brd-a", "brd-app"
SOURCE, TARGET = "brds", "brdt"
_FLOW_SECONDS, _PAUSE_SECONDS, _REST_SECONDS = 6, 25, 3
THRESHOLDS = {"drift": "3s", "fallback": "12s", "group_lag": "3s"}
QUERIES = board_queries()

# What this scenario does not bring about; tests/boards asks for it of embedded brokers or readings made by hand.
NOT_HERE = {
    "kafka_mirror_connector_tasks",  # this MirrorMaker has no Connect REST interface
    "kafka_mirror_last_loss_timestamp_seconds",  # nothing is lost
    "kafka_mirror_last_stable_offset",  # it reads uncommitted
    "kafka_mirror_open_transaction_seconds",  # nobody produces in transactions
    "kafka_mirror_unmeasured",  # everything is measured
}
PERHAPS_HERE = {
    "kafka_mirror_pre_mirror_records",  # known once a first offset sync of a partition was read
    "kafka_mirror_topic_catch_up_seconds",  # this mirror catches up within a poll or two
}


class Asker:
    """Asks every query that has not been answered yet, again and again, from a thread of its own."""

    def __init__(self, prometheus: Prometheus) -> None:
        self.answers: dict[BoardQuery, list[tuple[Labels, float]]] = {}
        self._prometheus = prometheus
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(1.0):
            for query in QUERIES:
                if query not in self.answers:
                    answer = self._prometheus.query(query.seen_with(source=SOURCE, target=TARGET))
                    if answer:
                        self.answers[query] = answer

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(20)


async def boards(stage: Stage) -> Recording:
    recording = Recording()
    stage.source_admin.create_topic(TOPIC, partitions=2)
    workload = Workload(stage.source.bootstrap_servers, [(TOPIC, 0), (TOPIC, 1)], rate=30)
    maker = stage.mirror_maker("brd")
    maker.process.start()
    workload.start()
    await until(
        lambda: stage.target_end(f"{SOURCE}.{TOPIC}") and stage.target_end(f"{SOURCE}.{TOPIC}", 1),
        seconds=150,
        what="the mirror flows",
    )

    def is_translated() -> bool:
        """MirrorMaker translates only a commit that its newest pair of offsets is not beyond: so commit anew."""
        ends = {(TOPIC, partition): stage.source_admin.end(TOPIC, partition) for partition in (0, 1)}
        stage.source_admin.commit(GROUP, ends)
        _, groups, _ = stage.target_admin.inventory()
        return GROUP in groups

    await until(is_translated, seconds=90, what="the group's commits on the target")
    with Listener() as listener, serving(_config(stage, listener)) as exporter:
        prometheus = _prometheus(stage.work_dir / "brd-prometheus", exporter)
        prometheus.process.start()
        try:
            await _watched(recording, prometheus, maker.process, workload)
        finally:
            prometheus.process.kill()
    maker.process.stop()
    return recording


def _config(stage: Stage, listener: Listener) -> Config:
    """With a fallback, and a receiver that is told of it."""
    secret = stage.work_dir / "brd-secret"
    secret.write_text("s3cret")
    mirror = stage.mirror("brd", thresholds=THRESHOLDS)
    return Config.model_validate(
        {
            "mirrors": [mirror],
            "poll": {"interval": "2s", "timeout": "1900ms"},
            "state_file": "none",
            "fallback": {"enabled": True, "release_after": "2s", "min_engaged": "2s"},
            "notify": {"webhooks": [{"url": listener.url, "secret": {"file": str(secret)}}]},
        }
    )


def _prometheus(work_dir: Path, exporter: str) -> Prometheus:
    work_dir.mkdir()
    rules = work_dir / "rules.yaml"
    rules.write_text(yaml.safe_dump(RULES))
    return Prometheus(work_dir, prometheus_config(targets=[exporter], rule_files=[rules], interval_seconds=1))


async def _watched(
    recording: Recording, prometheus: Prometheus, mirror: JavaProcess, workload: Workload
) -> None:
    """Asks through a flow, a pause, the catching up after it, and until both sides rest."""
    await until(prometheus.is_ready, seconds=60, what="Prometheus is ready")
    caught_up = f'max(kafka_mirror_drift_seconds{{source="{SOURCE}"}}) < 2'
    await until(lambda: prometheus.query(caught_up), seconds=60, what="a mirror that is well")
    asker = Asker(prometheus)
    try:
        await asyncio.sleep(_FLOW_SECONDS)
        mirror.pause()
        await asyncio.sleep(_PAUSE_SECONDS)
        mirror.resume()
        await until(lambda: prometheus.query(caught_up), seconds=60, what="the mirror has caught up")
        await asyncio.to_thread(workload.stop)
        at_rest = f'count(kafka_mirror_last_record_timestamp_seconds{{source="{SOURCE}"}}) == 4'
        await until(lambda: prometheus.query(at_rest), seconds=30, what="the newest records of both sides")
        await asyncio.sleep(_REST_SECONDS)
    finally:
        asker.stop()
    recording.facts["answers"] = asker.answers


SCENARIOS = {"boards": boards}


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_every_query_is_answered_with_the_labels_shown(
    recordings: dict[str, Recording], query: BoardQuery
) -> None:
    answer = recordings["boards"].sound.facts["answers"].get(query, [])

    if not query.needed_metrics & PERHAPS_HERE:
        assert bool(answer) != bool(query.needed_metrics & NOT_HERE)
    for labels, value in answer:
        assert query.fault_of(labels, value) is None


def test_how_many_were_asked(recordings: dict[str, Recording], figure: Callable[[str, object], None]) -> None:
    answered = len(recordings["boards"].sound.facts["answers"])

    figure("queries of the boards answered on real clusters", f"{answered} of {len(QUERIES)}")
    assert answered > 0.85 * len(QUERIES)
