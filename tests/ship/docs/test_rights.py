"""The rights that the pages tell to grant, granted as they say: enough to measure everything, and none too many."""

import re
import shlex
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Producer

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.views import group_readings, partition_readings
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.kafka_tools import run_tool
from rig.pages import ROOT, blocks
from rig.process import wait_until
from rig.shell import command_lines

PAGE = ROOT / "docs" / "platforms" / "self-managed.md"
USERS = ("exporter", "prefixed")
TOPIC, COPY, GROUP = "payments.charges", "legacy.payments.charges", "payments-billing"
SYNCS = "mm2-offset-syncs.modern.internal"
PASSWORDS = {user: f"{user}-pw" for user in ("admin", *USERS)}

Findings = Mapping[str, object]
WHOLE: Findings = {
    "position": 6, "lag": 4, "origin": "offset_sync", "verified": True, "groups": {"source": 4, "target": 3},
    "headroom": True,
}  # fmt: skip


def grants(user: str) -> list[list[str]]:
    """What the page tells to run for a user, as the arguments of kafka-acls.sh, in its order."""
    lines = [line for block in blocks(PAGE) if block.kind == "console" for line in command_lines(block.text)]
    calls = [shlex.split(line)[1:] for line in lines if line.startswith("kafka-acls.sh")]
    return [call for call in calls if f"User:{user}" in call]


def needed_grants(user: str) -> list[list[str]]:
    """All but the second witness, which says nothing where the first can be read."""
    return [call for call in grants(user) if "mm2-offsets.legacy.internal" not in call]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, KafkaCluster]]:
    """A source and a target that let nobody do what was not granted, with a topic and a copy of a part of it."""
    opened = {
        name: KafkaCluster("4.1.0", work_dir=tmp_path_factory.mktemp(name), users=PASSWORDS)
        for name in ("OLD", "NEW")
    }
    try:
        for cluster in opened.values():
            cluster.start()
        for cluster in opened.values():
            cluster.wait_ready()
        began = int(time.time()) * 1000
        _fill(opened["OLD"], {TOPIC: 10, SYNCS: 0}, {(TOPIC, 0): 4}, began=began)
        _fill(opened["NEW"], {COPY: 6}, {(COPY, 0): 3}, began=began)
        yield opened
    finally:
        for cluster in opened.values():
            cluster.stop()


def _fill(
    cluster: KafkaCluster, topics: Mapping[str, int], commits: Mapping[tuple[str, int], int], *, began: int
) -> None:
    """Topics with so many records each, the same on both clusters, and a group's commits."""
    login = cluster.login("admin")
    admin = Admin(cluster.bootstrap_servers, **login)
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0} | login)
    for topic, records in topics.items():
        admin.create_topic(topic)
        for number in range(records):
            producer.produce(topic, partition=0, value=b"%d" % number, timestamp=began + number)
    if SYNCS in topics:
        key = struct.pack(">h", len(TOPIC)) + TOPIC.encode() + struct.pack(">i", 0)
        producer.produce(SYNCS, partition=0, key=key, value=struct.pack(">qq", 0, 0))
    assert producer.flush(20) == 0
    admin.commit(GROUP, commits)


@pytest.fixture(scope="module")
def granted(
    clusters: dict[str, KafkaCluster], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, KafkaCluster]:
    """The clusters, after all that the page tells to run."""
    folder = tmp_path_factory.mktemp("admin")
    for user in USERS:
        for call in grants(user):
            _run(call, clusters, folder)
    return clusters


def _run(call: Sequence[str], clusters: Mapping[str, KafkaCluster], folder: Path) -> None:
    """Runs kafka-acls.sh with these clusters and an administrator's login in the places of the page's."""
    jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    (folder / "admin.properties").write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
        f'sasl.jaas.config={jaas} username="admin" password="{PASSWORDS["admin"]}";\n'
    )
    places = {f"${name}": cluster.bootstrap_servers for name, cluster in clusters.items()}
    places["admin.properties"] = str(folder / "admin.properties")
    ended = run_tool("kafka-acls.sh", [places.get(word, word) for word in call])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Exception" not in ended.stdout + ended.stderr, ended.stdout


def measured(clusters: Mapping[str, KafkaCluster], user: str, folder: Path) -> Findings:
    """What a user's second reading holds of the topic and the group."""
    (folder / "password").write_text(PASSWORDS[user])
    sides = {
        side: {
            "alias": alias,
            "bootstrap_servers": clusters[name].bootstrap_servers,
            "client": {k: v for k, v in clusters[name].login(user).items() if k != "sasl.password"},
            "client_secrets": {"sasl.password": {"file": str(folder / "password")}},
        }
        for side, alias, name in (("source", "legacy", "OLD"), ("target", "modern", "NEW"))
    }
    selection = {"topics": {"include": [r"payments\..*"]}, "groups": {"include": ["payments-.*"]}}
    config = Config.model_validate(
        {"mirrors": [sides | selection | {"replication_policy": {"kind": "default"}}]}
    )
    opened = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        opened.poll()
        reading = opened.poll()
    finally:
        opened.close(timeout=2)
    rows = list(partition_readings(reading))
    if not rows:
        return {}
    (row,) = rows
    return {
        "position": row.position, "lag": row.lag_records, "origin": row.origin, "verified": row.is_verified,
        "groups": {group.side: group.committed_offset for group in group_readings(reading)},
        "headroom": bool(reading.partitions.headroom[0] > 0),
    }  # fmt: skip


@pytest.mark.parametrize("user", USERS)
def test_what_the_page_grants_is_enough(granted: dict[str, KafkaCluster], user: str, tmp_path: Path) -> None:
    found: list[Findings] = []

    def is_whole() -> bool:
        found.append(measured(granted, user, tmp_path))
        return found[-1] == WHOLE

    try:
        wait_until(is_whole, seconds=20, what=f"{user} measures everything")
    except TimeoutError:
        assert found[-1] == WHOLE
        raise


@pytest.mark.parametrize(
    ("user", "number"), [(user, number) for user in USERS for number in range(len(needed_grants(user)))]
)
def test_none_of_what_the_page_grants_can_be_left_out(
    granted: dict[str, KafkaCluster], user: str, number: int, tmp_path: Path
) -> None:
    call = needed_grants(user)[number]
    _run([*(word.replace("--add", "--remove") for word in call), "--force"], granted, tmp_path)

    try:
        wait_until(
            lambda: measured(granted, user, tmp_path) != WHOLE, seconds=20, what=f"{user} lacks something"
        )
    finally:
        _run(call, granted, tmp_path)


def test_nothing_is_granted_but_looking() -> None:
    operations = {
        found
        for user in USERS
        for call in grants(user)
        for found in re.findall(r"--operation (\w+)", shlex.join(call))
    }

    assert operations == {"Read", "Describe", "DescribeConfigs"}
