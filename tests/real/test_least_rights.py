"""A user with the rights that the README lists, and with one of them missing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AclOperation, ResourceType

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import group_readings, partition_readings
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.process import wait_until

PASSWORDS = {"admin": "admin-pw", "whole": "whole-pw", "unread": "unread-pw", "ungrouped": "ungrouped-pw"}
TOPIC, REMOTE, GROUP = "acl-a", "acl-b", "acl-group"


def login(user: str) -> dict[str, str]:
    return {
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
        "sasl.username": user, "sasl.password": PASSWORDS[user],
    }  # fmt: skip


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """A cluster that lets nobody do what was not granted, with a topic, a copy of a part of it, and a group."""
    cluster = KafkaCluster("4.1.0", work_dir=tmp_path_factory.mktemp("guarded"), users=PASSWORDS)
    cluster.start()
    try:
        cluster.wait_ready()
        admin = Admin(cluster.bootstrap_servers, **login("admin"))
        wait_until(lambda: admin.topics() is not None, seconds=60, what="the guarded cluster answers")
        for topic in (TOPIC, REMOTE):
            admin.create_topic(topic)
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0} | login("admin"))
        now = int(time.time() * 1000)
        for number in range(10):
            for topic, count in ((TOPIC, 10), (REMOTE, 6)):
                if number < count:
                    producer.produce(topic, partition=0, value=b"%d" % number, timestamp=now + number)
        assert producer.flush(20) == 0
        admin.commit(GROUP, {(TOPIC, 0): 4})
        for user in ("whole", "unread", "ungrouped"):
            admin.allow(user, AclOperation.DESCRIBE, ResourceType.TOPIC)
        for user in ("whole", "ungrouped"):
            admin.allow(user, AclOperation.READ, ResourceType.TOPIC)
        for user in ("whole", "unread"):
            admin.allow(user, AclOperation.DESCRIBE, ResourceType.GROUP)
        yield cluster
    finally:
        cluster.stop()


def measured(cluster: KafkaCluster, user: str, tmp_path: Path) -> MirrorReading:
    secret = tmp_path / "password"
    secret.write_text(PASSWORDS[user] + "\n")
    plain = {name: value for name, value in login(user).items() if name != "sasl.password"}
    side = {
        "bootstrap_servers": cluster.bootstrap_servers,
        "client": plain,
        "client_secrets": {"sasl.password": {"file": str(secret)}},
    }
    config = Config.model_validate(
        {
            "mirrors": [
                {
                    "source": side,
                    "target": side,
                    "tool": "any",
                    "topics": {"include": [TOPIC]},
                    "groups": {"include": [GROUP]},
                    "replication_policy": {"kind": "map", "topics": {TOPIC: REMOTE}},
                }
            ]
        }
    )
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        mirror.poll()
        return mirror.poll()
    finally:
        mirror.close(timeout=2)


def test_the_rights_in_the_readme_are_enough(guarded: KafkaCluster, tmp_path: Path) -> None:
    reading = measured(guarded, "whole", tmp_path)

    (row,) = partition_readings(reading)
    assert (row.position, row.lag_records, row.origin, row.is_verified) == (6, 4, "tail_match", True)
    on_source = [group for group in group_readings(reading) if group.side == "source"]
    assert [(group.group, group.committed_offset, group.lag_records) for group in on_source] == [
        (GROUP, 4, 6)
    ]
    assert {stage: health.failures for stage, health in reading.stages.items()} == dict.fromkeys(
        reading.stages, 0
    )


def test_without_the_right_to_read_a_position_is_absent_with_that_reason(
    guarded: KafkaCluster, tmp_path: Path
) -> None:
    (row,) = partition_readings(measured(guarded, "unread", tmp_path))

    assert row.position is None
    assert row.unmeasured is not None
    assert row.unmeasured.reason == Reason.NOT_AUTHORIZED
    assert row.source_high_watermark == 10


def test_without_the_right_to_see_groups_the_mirror_is_measured_all_the_same(
    guarded: KafkaCluster, tmp_path: Path
) -> None:
    reading = measured(guarded, "ungrouped", tmp_path)

    (row,) = partition_readings(reading)
    assert row.lag_records == 4
    assert list(group_readings(reading)) == []


def test_a_wrong_password_is_a_cluster_that_cannot_be_reached(guarded: KafkaCluster, tmp_path: Path) -> None:
    wrong = dict(PASSWORDS)
    PASSWORDS["whole"] = "wrong"
    try:
        reading = measured(guarded, "whole", tmp_path)
    finally:
        PASSWORDS.update(wrong)

    assert not reading.sides["source"].up
    assert "uthenticat" in reading.sides["source"].error
    assert "wrong" not in reading.sides["source"].error


def test_watching_leaves_the_cluster_as_it_was(guarded: KafkaCluster, tmp_path: Path) -> None:
    admin = Admin(guarded.bootstrap_servers, **login("admin"))
    before = admin.inventory()
    for user in ("whole", "unread", "ungrouped"):
        measured(guarded, user, tmp_path)

    assert admin.inventory() == before
