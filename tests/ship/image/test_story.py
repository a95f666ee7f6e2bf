"""The story of the compose file, told once: a mirror stalls, somebody is paged, producers write to both, and it ends."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Consumer

from rig.composed import OUR_IMAGE, our_services, read_yaml
from rig.containers import done
from rig.laptop import Laptop
from rig.process import wait_until
from rig.prometheus import Alertmanager, Prometheus
from rig.shipped import RULES

_EXPORTER, _PAGER, _DUAL_WRITE = (f"http://127.0.0.1:{port}" for port in (10015, 8081, 8082))
_TOPIC = "orders"


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def _shows(url: str, text: str) -> bool:
    try:
        return text in _get(url)
    except OSError:
        return False


def _is_engaged() -> bool | None:
    return json.loads(_get(f"{_DUAL_WRITE}/legacy/redpanda/{_TOPIC}"))["engaged"]


def _drifts() -> list[float]:
    lines = _get(f"{_EXPORTER}/metrics").splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith("kafka_mirror_drift_seconds{")]


def _marked_records() -> int:
    """Records of the dual-writing producer on the target, as the target itself holds them."""
    consumer = Consumer(
        {"bootstrap.servers": "localhost:19192", "group.id": "truth", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([f"legacy.{_TOPIC}"])
    try:
        found = [message for message in consumer.consume(100_000, timeout=10) if not message.error()]
    finally:
        consumer.close()
    return sum(1 for message in found if ("dual-write", b"1") in (message.headers() or []))


@dataclass(slots=True)
class Told:
    """What was seen of each act."""

    unhealthy: list[str] = field(default_factory=list)
    drifts_at_first: list[float] = field(default_factory=list)
    engaged_at_first: bool | None = None
    paged_after: float = 0.0
    engaged_after: float = 0.0
    released_after: float = 0.0
    marked: int = 0
    pages: str = ""
    workload: str = ""


@pytest.fixture(scope="module")
def story(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    done("podman", "tag", image, OUR_IMAGE)
    with ExitStack() as stack:
        laptop = stack.enter_context(Laptop(tmp_path_factory.mktemp("laptop")))
        _watch(stack, tmp_path_factory.mktemp("watch"))
        yield _tell(laptop)


def _watch(stack: ExitStack, work_dir: Path) -> None:
    """Prometheus and Alertmanager with the configuration of the compose file, and addresses of this machine."""
    alertmanager_file = work_dir / "alertmanager.yaml"
    text = yaml.safe_dump(read_yaml("compose/alertmanager.yaml"))
    alertmanager_file.write_text(text.replace("//pager:", "//127.0.0.1:"))
    stack.enter_context(Alertmanager(work_dir / "alertmanager", alertmanager_file, port=9093))
    config = read_yaml("compose/prometheus.yaml") | {"rule_files": [str(RULES)]}
    text = json.dumps(config).replace("exporter:10015", "127.0.0.1:10015")
    config = json.loads(text.replace("alertmanager:9093", "127.0.0.1:9093"))
    stack.enter_context(Prometheus(work_dir / "prometheus", config))


def _tell(laptop: Laptop) -> Told:
    told = Told()
    wait_until(
        lambda: _shows(f"{_EXPORTER}/metrics", "kafka_mirror_drift_seconds{"), seconds=90, what="a drift"
    )
    wait_until(lambda: len(_drifts()) == 8 and max(_drifts()) < 5, seconds=90, what="all partitions mirrored")
    wait_until(lambda: _is_engaged() is not None, seconds=60, what="the receiver was told")
    told.unhealthy = [name for name in our_services() if name != "workload" and not laptop.is_healthy(name)]
    told.drifts_at_first, told.engaged_at_first = _drifts(), _is_engaged()
    laptop.mirrormaker.pause()
    told.paged_after = _seconds_until(lambda: _shows(_PAGER, "KafkaMirrorDriftHigh"), what="a page")
    told.engaged_after = _seconds_until(_is_engaged, what="the fallback is engaged") + told.paged_after
    both = f"{_TOPIC}: writing to both clusters"
    wait_until(lambda: both in laptop.logs("workload"), seconds=30, what="the producer follows")
    laptop.mirrormaker.resume()
    told.released_after = _seconds_until(lambda: _is_engaged() is False, what="the fallback is released")
    wait_until(lambda: _shows(_PAGER, "resolved"), seconds=120, what="the page is resolved")
    back = f"{_TOPIC}: writing to the source"
    wait_until(lambda: back in laptop.logs("workload"), seconds=30, what="the producer follows")
    told.pages, told.workload, told.marked = _get(_PAGER), laptop.logs("workload"), _marked_records()
    return told


def _seconds_until(condition: Callable[[], object], *, what: str) -> float:
    began = time.monotonic()
    wait_until(condition, seconds=180, what=what)
    return time.monotonic() - began


def test_all_services_of_our_own_image_are_healthy(story: Told) -> None:
    assert story.unhealthy == []


def test_at_first_everything_is_mirrored_and_the_receiver_knows(story: Told) -> None:
    assert len(story.drifts_at_first) == 8
    assert story.engaged_at_first is False


def test_a_stalled_mirror_is_paged(story: Told, figure: Callable[[str, object], None]) -> None:
    figure("paged after the mirror was paused", f"{story.paged_after:.0f} s")

    assert 14 < story.paged_after < 15 + 20 + 15
    assert f"{_TOPIC}" in story.pages
    assert "heartbeat of the way of the alerts: never" not in story.pages


def test_the_producer_writes_to_both_clusters_while_it_is_engaged(story: Told) -> None:
    assert story.engaged_after > 29
    assert story.marked > 0


def test_it_is_released_when_the_mirror_has_caught_up(
    story: Told, figure: Callable[[str, object], None]
) -> None:
    figure("released after the mirror went on", f"{story.released_after:.0f} s")

    assert story.released_after > 15
    assert "resolved" in story.pages
