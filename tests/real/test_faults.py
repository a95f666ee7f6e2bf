"""Clusters that go away, hang, or lose one broker; a process that is told to stop while they do."""

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.views import partition_readings

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.process import free_ports, wait_until
from rig.stage import Recording, Stage, Watch, until
from rig.truth import Workload

TOPIC, OTHER = "flt-a", "flt-b"


async def outages(stage: Stage) -> Recording:
    """Each cluster in turn is cut off, then hangs; the mirror itself goes on beside the proxies."""
    recording = Recording()
    proxies = {side: stage.watching_proxy(side) for side in ("source", "target")}
    for topic in (TOPIC, OTHER):
        stage.source_admin.create_topic(topic)
    workload = Workload(stage.source.bootstrap_servers, [(TOPIC, 0), (OTHER, 0)], rate=1)
    workload.send((TOPIC, 0), count=20)
    workload.send((OTHER, 0), count=20)
    maker = stage.mirror_maker("flt")
    maker.process.start()
    addresses = {side: f"127.0.0.1:{proxy.port}" for side, proxy in proxies.items()}
    watch = recording.watch = Watch(stage.config("flt", **addresses))
    await until(lambda: _is_whole(watch, lag=0), seconds=150, what="all is mirrored")
    maker.process.pause()
    await asyncio.sleep(2)
    workload.send((TOPIC, 0), count=7)
    sent = time.monotonic()
    await until(lambda: _is_whole(watch, lag=7), seconds=20, what="lag is seen")
    for side, proxy in proxies.items():
        for fault in ("cut", "black_hole"):
            getattr(proxy, fault)()
            await until(
                lambda side=side: not _is_up(watch, side), seconds=30, what=f"{side} is down ({fault})"
            )
            recording.facts[side, fault] = watch.last
            proxy.restore()
            await until(lambda: _is_whole(watch, lag=7), seconds=40, what=f"{side} is back ({fault})")
            recording.facts[side, fault, "back"] = (watch.last, watch.newest(TOPIC))
    recording.facts["sent"] = sent
    recording.facts["stopped"] = await asyncio.to_thread(
        _stop_with_a_hung_target, addresses, proxies["target"]
    )
    watch.stop()
    maker.process.stop()
    return recording


def _is_up(watch: Watch, side: str) -> bool:
    return watch.last is not None and watch.last.sides[side].up


def _is_whole(watch: Watch, *, lag: int) -> bool:
    row = watch.newest(TOPIC)
    return _is_up(watch, "source") and _is_up(watch, "target") and row is not None and row.lag_records == lag


def _stop_with_a_hung_target(addresses: dict[str, str], proxy: object) -> dict[str, object]:
    """Runs `serve`, lets the target hang, and stops it with an open request."""
    (port,) = free_ports(1)
    held = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "kafka_mirror_exporter", "serve", "--source", addresses["source"],
            "--target", addresses["target"], "--web.listen-address", f"127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: _get(port, "/-/ready")[0] == 200, seconds=30, what="serve is ready")
        proxy.black_hole()  # type: ignore[attr-defined]
        wait_until(
            lambda: re.search(r'cluster_up\{side="target".*\} 0', _get(port, "/metrics")[1]),
            seconds=30, what="the hung target is down",
        )  # fmt: skip
        began = time.monotonic()
        status, body = _get(port, "/metrics")
        answered_after = time.monotonic() - began
        # A client that never reads the answer to its request.
        held.putrequest("GET", "/metrics")
        held.endheaders()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
        return {
            "status": status, "body": body, "answered_after": answered_after,
            "code": code, "stopped_after": time.monotonic() - began,
        }  # fmt: skip
    finally:
        held.close()
        proxy.restore()  # type: ignore[attr-defined]
        process.kill()
        process.wait()


def _get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


SCENARIOS = {"outages": outages}
FAULTS = [(side, fault) for side in ("source", "target") for fault in ("cut", "black_hole")]


def test_a_cluster_that_is_away_takes_its_numbers_along(recordings: dict[str, Recording]) -> None:
    facts = recordings["outages"].sound.facts

    for side, fault in FAULTS:
        reading = facts[side, fault]
        other = "target" if side == "source" else "source"
        assert not reading.sides[side].up
        assert reading.sides[other].up
        for row in partition_readings(reading):
            assert row.position is None
            assert row.drift_seconds is None
            assert row.unmeasured is not None
            assert row.unmeasured.reason == Reason.CLUSTER_UNREACHABLE


def test_topic_states_stay_while_a_cluster_is_away(recordings: dict[str, Recording]) -> None:
    facts = recordings["outages"].sound.facts

    for side, fault in FAULTS:
        states = {topic.topic: topic.state for topic in facts[side, fault].topics}
        assert states == {TOPIC: "blind", OTHER: "blind"}


def test_the_first_poll_after_an_outage_is_exact_again(recordings: dict[str, Recording]) -> None:
    facts = recordings["outages"].sound.facts

    for side, fault in FAULTS:
        reading, row = facts[side, fault, "back"]
        assert row.lag_records == 7
        assert abs(row.drift_seconds - (reading.measured_monotonic - facts["sent"])) < 1.2


def test_http_answers_at_once_while_a_cluster_hangs(recordings: dict[str, Recording]) -> None:
    stopped = recordings["outages"].sound.facts["stopped"]

    assert stopped["status"] == 200
    assert stopped["answered_after"] < 0.5
    up = dict(re.findall(r'kafka_mirror_cluster_up\{side="(\w+)".*\} (\S+)', stopped["body"]))
    assert {side: float(value) for side, value in up.items()} == {"source": 1.0, "target": 0.0}


def test_a_process_with_a_hung_cluster_stops_in_time(recordings: dict[str, Recording]) -> None:
    stopped = recordings["outages"].sound.facts["stopped"]

    assert stopped["code"] == 0
    assert stopped["stopped_after"] < 5


def test_one_hanging_broker_takes_down_its_own_partitions_only(three_brokers: KafkaCluster) -> None:
    admin = Admin(three_brokers.bootstrap_servers)
    admin.create_topic("hang-a", partitions=6)
    admin.create_topic("hang-b", partitions=6)
    partitions = [("hang-a", number) for number in range(6)]
    Workload(three_brokers.bootstrap_servers, partitions, rate=1).send(("hang-a", 0), count=3)
    cluster = {"bootstrap_servers": three_brokers.bootstrap_servers}
    config = Config.model_validate(
        {
            "mirrors": [
                {
                    "source": cluster,
                    "target": cluster,
                    "tool": "any",
                    "topics": {"include": ["hang-a"]},
                    "replication_policy": {"kind": "map", "topics": {"hang-a": "hang-b"}},
                }
            ],
            "poll": {"interval": "5s", "timeout": "4s"},
        }
    )
    watch = Watch(config)
    try:
        wait_until(
            lambda: watch.last is not None and len(watch.last.partitions.unmeasured) == 0 and watch.last.topics,
            seconds=30, what="everything is measured",
        )  # fmt: skip
        three_brokers.pause(3)
        wait_until(
            lambda: watch.last is not None and len(watch.last.partitions.unmeasured) > 0,
            seconds=40, what="the hanging broker is noticed",
        )  # fmt: skip
        before = len(watch.readings)
        wait_until(lambda: len(watch.readings) >= before + 2, seconds=30, what="polls with a hanging broker")
        reading = watch.last
    finally:
        three_brokers.resume(3)
        watch.stop()
    assert reading is not None
    assert reading.sides["source"].up
    assert reading.sides["source"].brokers_failing == 1
    rows = list(partition_readings(reading))
    measured = [row for row in rows if row.unmeasured is None]
    assert {row.unmeasured.reason for row in rows if row.unmeasured} == {Reason.LEADER_UNREACHABLE}
    assert 0 < len(measured) < len(rows)
    assert reading.poll_duration_seconds < 5


def test_addresses_where_nobody_answers_are_said_and_served(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "kafka_mirror_exporter", "serve", "--source", "127.0.0.1:1",
                "--target", "127.0.0.1:1", "--web.listen-address", f"127.0.0.1:{port}",
            ],
            stderr=output,
        )  # fmt: skip
    try:
        wait_until(
            lambda: _get(port, "/-/ready")[0] == 200, seconds=30, what="ready after a poll that found nobody"
        )
        status, body = _get(port, "/api/v1/mirrors")
        assert status == 200
        clusters = json.loads(body)["mirrors"][0]
        assert "127.0.0.1:1" in log.read_text()
        assert clusters
    finally:
        process.terminate()
        code = process.wait(20)
    assert code == 0
    assert "Traceback" not in log.read_text()
