"""From a mirror that stands still to the page, through the shipped rules and routes on real servers.

One MirrorMaker copies ten topics, and one `serve` watches them as ten mirrors, each a group of alerts of its own: so
one pause gives ten measurements.

    quiet ── pause ── ten pages ── source black hole ── its page ── exporter killed ── its page ── all back ── resolved
"""

import asyncio
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from rig.mirrormaker import MirrorMaker
from rig.process import ServerProcess, free_ports
from rig.prometheus import Alertmanager, Prometheus, Told, WebhookReceiver
from rig.proxy import Proxy
from rig.shipped import shipped_alertmanager, shipped_prometheus, worst_case_seconds
from rig.stage import Recording, Stage, until
from rig.truth import Workload

MIRRORS = 10
TOPICS = [f"page-{number}" for number in range(MIRRORS)]
THRESHOLD, STAGGER_SECONDS = 15.0, 1.7
DRIFT, UNREACHABLE, DOWN = (
    "KafkaMirrorDriftHigh",
    "KafkaMirrorClusterUnreachable",
    "KafkaMirrorExporterDown",
)
FIRING = f'count(ALERTS{{alertname="{DRIFT}",alertstate="firing"}})'


class Watched:
    """The whole way: exporter, Prometheus, Alertmanager, receiver."""

    def __init__(self, folder: Path, *, config: dict[str, Any], closing: ExitStack) -> None:
        folder.mkdir()
        (port,) = free_ports(1)
        file = folder / "mirror.yaml"
        file.write_text(yaml.safe_dump(config))
        serve = [sys.executable, "-m", "kafka_mirror_exporter", "serve", "--config.file", str(file)]
        self.exporter = ServerProcess(
            "serve", [*serve, "--web.listen-address", f"127.0.0.1:{port}"], log=folder / "log"
        )
        self.receiver = closing.enter_context(WebhookReceiver())
        routes = shipped_alertmanager(folder, receiver_url=self.receiver.url)
        self.manager = Alertmanager(folder / "alertmanager", routes)
        self.prometheus = Prometheus(
            folder / "prometheus",
            shipped_prometheus(
                targets=[f"127.0.0.1:{port}"], alertmanagers=[f"127.0.0.1:{self.manager.port}"]
            ),
        )
        for process in (self.exporter, self.manager.process, self.prometheus.process):
            closing.callback(process.kill)
            process.start()

    def told(self, name: str, status: str = "firing") -> dict[str, Told]:
        """The first that was told of each mirror, by its source."""
        return {told.labels["source"]: told for told in reversed(self.receiver.of(name, status))}

    def count(self, expression: str) -> int:
        """How many series an expression gives."""
        return len(self.prometheus.query(expression))


def _config(stage: Stage, proxy: Proxy) -> dict[str, Any]:
    names = {"source_alias": "pages", "target_alias": "paget"}
    mirrors = [
        {
            "source": {"alias": f"old{number}", "bootstrap_servers": f"127.0.0.1:{proxy.port}"},
            "target": {"alias": f"new{number}", "bootstrap_servers": stage.target.bootstrap_servers},
            "topics": {"include": [topic]},
            "mirrormaker2": names,
        }
        for number, topic in enumerate(TOPICS)
    ]
    return {"mirrors": mirrors}


async def paging(stage: Stage) -> Recording:
    with ExitStack() as closing:
        return await _paging(stage, closing)


async def _paging(stage: Stage, closing: ExitStack) -> Recording:
    recording, proxy = Recording(), stage.proxy("source")
    for topic in TOPICS:
        stage.source_admin.create_topic(topic)
    workload = Workload(stage.source.bootstrap_servers, [(topic, 0) for topic in TOPICS], rate=1)
    for topic in TOPICS:
        workload.send((topic, 0), count=3)
    maker = stage.mirror_maker("page")
    maker.process.start()
    watched = Watched(stage.work_dir / "paging", config=_config(stage, proxy), closing=closing)
    await until(
        lambda: all(stage.target_end(f"pages.{topic}") == 3 for topic in TOPICS),
        seconds=120,
        what="all is mirrored",
    )
    await until(watched.prometheus.is_ready, seconds=60, what="Prometheus is ready")
    await until(watched.manager.is_ready, seconds=60, what="Alertmanager is ready")
    await until(watched.prometheus.has_alertmanager, seconds=30, what="Prometheus knows whom to tell")
    await until(
        lambda: watched.count("topic:kafka_mirror_measured:count") == MIRRORS, seconds=60, what="all measured"
    )
    recording.facts["before"] = {told.labels["alertname"] for told in list(watched.receiver.told)}
    await _page(recording, workload, maker, watched)
    await _lose_sight(recording, proxy, watched)
    await _recover(recording, proxy, maker, watched)
    return recording


async def _page(recording: Recording, workload: Workload, maker: MirrorMaker, watched: Watched) -> None:
    maker.process.pause()
    await asyncio.sleep(1)
    for topic in TOPICS:
        workload.send((topic, 0))
        await asyncio.sleep(STAGGER_SECONDS)
    crossings = [workload.appended[topic, 0].at[-1] + THRESHOLD for topic in TOPICS]
    await until(lambda: len(watched.told(DRIFT)) == MIRRORS, seconds=60, what="every mirror pages")
    recording.facts["delays"] = [
        watched.told(DRIFT)[f"old{number}"].at - crossing for number, crossing in enumerate(crossings)
    ]
    recording.facts["page"] = watched.told(DRIFT)["old3"]
    recording.mark("paged")


async def _lose_sight(recording: Recording, proxy: Proxy, watched: Watched) -> None:
    proxy.black_hole()
    await until(lambda: len(watched.told(UNREACHABLE)) == MIRRORS, seconds=90, what="the source pages")
    recording.facts["unreachable"] = list(watched.told(UNREACHABLE).values())
    recording.facts["firing while unreachable"] = watched.prometheus.query(FIRING)
    recording.facts["muted"] = [
        alert
        for alert in watched.manager.alerts()
        if alert["labels"]["alertname"] == DRIFT and alert["status"]["inhibitedBy"]
    ]
    watched.exporter.kill()
    await until(lambda: len(watched.told(DOWN)) == MIRRORS, seconds=90, what="the exporter pages")
    recording.facts["firing while down"] = watched.prometheus.query(FIRING)
    recording.facts["held"] = watched.prometheus.firing(DRIFT)
    recording.facts["resolved too early"] = list(watched.told(DRIFT, "resolved"))
    recording.facts["fewest firing"] = watched.prometheus.query(f"min_over_time({FIRING}[60s:5s])")


async def _recover(recording: Recording, proxy: Proxy, maker: MirrorMaker, watched: Watched) -> None:
    proxy.restore()
    watched.exporter.start()
    maker.process.resume()
    recording.mark("resumed")
    for name in (DRIFT, UNREACHABLE, DOWN):
        await until(
            lambda name=name: len(watched.told(name, "resolved")) == MIRRORS,
            seconds=150,
            what=f"{name} is resolved",
        )
    recording.mark("resolved")
    recording.facts["drift told"] = len(watched.receiver.of(DRIFT))


SCENARIOS = {"paging": paging}


def test_nobody_is_paged_while_all_is_well(recordings: dict[str, Recording]) -> None:
    assert recordings["paging"].sound.facts["before"] <= {"KafkaMirrorWatchdog"}


def test_a_mirror_that_stands_still_pages_in_time(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    delays = recordings["paging"].sound.facts["delays"]

    figure(
        f"breach to page, {len(delays)} times",
        f"median {statistics.median(delays):.1f} s, maximum {max(delays):.1f} s (worst case {worst_case_seconds():g} s)",
    )
    assert len(delays) == MIRRORS
    # Never before the breach, but for how finely drift is known.
    assert min(delays) > -1.0, delays
    assert max(delays) < worst_case_seconds() + 1.0, delays


def test_the_page_says_what_is_wrong_and_where_to_read_on(recordings: dict[str, Recording]) -> None:
    page = recordings["paging"].sound.facts["page"]

    assert page.path == "/pager"
    assert page.labels == {
        "alertname": DRIFT, "source": "old3", "target": "new3", "topic": "page-3", "severity": "critical",
    }  # fmt: skip
    assert "Topic page-3 of the mirror old3 -> new3 is 1" in page.annotations["description"]
    assert page.annotations["description"].endswith("behind on partition 0, past its threshold of 15s.")
    assert page.annotations["runbook_url"].endswith("/KafkaMirrorDriftHigh.md")


def test_a_source_that_is_lost_has_a_page_of_its_own_and_resolves_none(
    recordings: dict[str, Recording],
) -> None:
    facts = recordings["paging"].sound.facts

    assert {told.labels["side"] for told in facts["unreachable"]} == {"source"}
    assert facts["firing while unreachable"] == [({}, float(MIRRORS))]
    assert len(facts["muted"]) == MIRRORS


def test_an_exporter_that_is_killed_has_a_page_of_its_own_and_resolves_none(
    recordings: dict[str, Recording],
) -> None:
    facts = recordings["paging"].sound.facts

    assert facts["firing while down"] == [({}, float(MIRRORS))]
    assert facts["fewest firing"] == [({}, float(MIRRORS))]
    assert facts["resolved too early"] == []
    assert all("the last value is old" in alert["annotations"]["description"] for alert in facts["held"])


def test_all_is_resolved_once_it_is_measured_again(
    recordings: dict[str, Recording], figure: Callable[[str, object], None]
) -> None:
    recording = recordings["paging"].sound

    figure(
        "mirror, source and exporter back to all resolved",
        f"{recording.at['resolved'] - recording.at['resumed']:.0f} s",
    )
    # One page each, from the first to the last.
    assert recording.facts["drift told"] == MIRRORS
