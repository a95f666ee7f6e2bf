"""A user with the rights that the README lists, and users who lack one of them each."""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AclOperation, ResourceType

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.config import Config
from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.core.views import group_readings, partition_readings, topic_readings
from kafka_mirror_exporter.poll.ledger import Ledger

from rig.admin import Admin
from rig.kafka import KafkaCluster
from rig.process import wait_until

TOPIC, REMOTE, GROUP, SYNCS = "acl-a", "old.acl-a", "acl-group", "mm2-offset-syncs.new.internal"
DESCRIBE, READ, CONFIGS = AclOperation.DESCRIBE, AclOperation.READ, AclOperation.DESCRIBE_CONFIGS
Rights = Sequence[tuple[AclOperation, ResourceType, str]]


def topics(operation: AclOperation, *names: str) -> Rights:
    return [(operation, ResourceType.TOPIC, name) for name in names]


GROUPS: Rights = [(DESCRIBE, ResourceType.GROUP, "*")]
SEES_ALL, READS_ALL = topics(DESCRIBE, "*"), topics(READ, "*")
RIGHTS: Mapping[str, Rights] = {
    "whole": [*SEES_ALL, *READS_ALL, *GROUPS, *topics(CONFIGS, "*")],
    "without-records": [*SEES_ALL, *GROUPS],
    "without-groups": [*SEES_ALL, *READS_ALL],
    "without-configs": [*SEES_ALL, *READS_ALL, *GROUPS],
    "without-syncs": [*SEES_ALL, *topics(READ, TOPIC, REMOTE), *GROUPS],
    "without-the-copy": [*topics(DESCRIBE, TOPIC, SYNCS), *topics(READ, TOPIC, SYNCS), *GROUPS],
    "without-the-topic": [*topics(DESCRIBE, REMOTE, SYNCS), *topics(READ, REMOTE, SYNCS), *GROUPS],
}
PASSWORDS: dict[str, str] = {user: f"{user}-pw" for user in ("admin", *RIGHTS)}


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
        for topic in (TOPIC, REMOTE, SYNCS):
            admin.create_topic(topic)
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0} | login("admin"))
        now = int(time.time() * 1000)
        for number in range(10):
            for topic, count in ((TOPIC, 10), (REMOTE, 6)):
                if number < count:
                    producer.produce(topic, partition=0, value=b"%d" % number, timestamp=now + number)
        key = struct.pack(">h", len(TOPIC)) + TOPIC.encode() + struct.pack(">i", 0)
        producer.produce(SYNCS, partition=0, key=key, value=struct.pack(">qq", 0, 0))
        assert producer.flush(20) == 0
        admin.commit(GROUP, {(TOPIC, 0): 4})
        for user, rights in RIGHTS.items():
            for operation, kind, name in rights:
                admin.allow(user, operation, kind, name)
        yield cluster
    finally:
        cluster.stop()


def measured(cluster: KafkaCluster, user: str, tmp_path: Path, **mirror: Any) -> MirrorReading:
    """The second reading of somebody who names topic and group, and nothing of MirrorMaker's."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORDS[user] + "\n")
    plain = {name: value for name, value in login(user).items() if name != "sasl.password"}
    side = {
        "bootstrap_servers": cluster.bootstrap_servers,
        "client": plain,
        "client_secrets": {"sasl.password": {"file": str(secret)}},
    }
    content = {
        "source": side | {"alias": "old"},
        "target": side | {"alias": "new"},
        "topics": {"include": [TOPIC]},
        "groups": {"include": [GROUP]},
        "replication_policy": {"kind": "default"},
    }
    config = Config.model_validate({"mirrors": [content | mirror]})
    opened = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        opened.poll()
        return opened.poll()
    finally:
        opened.close(timeout=2)


def test_the_rights_in_the_readme_are_enough(guarded: KafkaCluster, tmp_path: Path) -> None:
    reading = measured(guarded, "whole", tmp_path)

    (row,) = partition_readings(reading)
    assert (row.position, row.lag_records, row.origin, row.is_verified) == (6, 4, "offset_sync", True)
    on_source = [group for group in group_readings(reading) if group.side == "source"]
    assert [(group.group, group.committed_offset, group.lag_records) for group in on_source] == [
        (GROUP, 4, 6)
    ]
    assert reading.partitions.headroom[0] > 0
    assert {stage: health.failures for stage, health in reading.stages.items()} == dict.fromkeys(
        reading.stages, 0
    )


def test_without_the_right_to_read_a_position_is_absent_with_that_reason(
    guarded: KafkaCluster, tmp_path: Path
) -> None:
    (row,) = partition_readings(measured(guarded, "without-records", tmp_path))

    assert row.position is None
    assert row.unmeasured is not None
    assert row.unmeasured.reason == Reason.NOT_AUTHORIZED
    assert row.source_high_watermark == 10


def test_without_the_right_to_see_groups_those_that_are_named_are_unmeasured_with_that_reason(
    guarded: KafkaCluster, tmp_path: Path
) -> None:
    reading = measured(guarded, "without-groups", tmp_path)

    (row,) = partition_readings(reading)
    assert row.lag_records == 4
    assert list(group_readings(reading)) == []
    (group,) = reading.groups
    assert (group.group, group.state) == (GROUP, "unmeasured")
    assert group.unmeasured is not None
    assert group.unmeasured.reason == Reason.NOT_AUTHORIZED


def test_without_the_right_to_see_configurations_only_the_headroom_is_missing_and_that_is_said(
    guarded: KafkaCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reading = measured(guarded, "without-configs", tmp_path)

    (row,) = partition_readings(reading)
    assert row.lag_records == 4
    assert reading.partitions.headroom[0] != reading.partitions.headroom[0]  # NaN
    assert "retention headroom of some topics stays unknown" in caplog.text
    assert "uthoriz" in caplog.text


def test_without_the_right_to_read_offset_syncs_records_tell(guarded: KafkaCluster, tmp_path: Path) -> None:
    (row,) = partition_readings(measured(guarded, "without-syncs", tmp_path))

    assert (row.position, row.lag_records, row.origin) == (6, 4, "tail_match")


def test_where_records_may_not_be_read_either_the_offset_syncs_are_the_reason(
    guarded: KafkaCluster, tmp_path: Path
) -> None:
    (row,) = partition_readings(measured(guarded, "without-syncs", tmp_path, verify={"read_records": False}))

    assert row.unmeasured is not None
    assert row.unmeasured.reason == Reason.NOT_AUTHORIZED
    assert SYNCS in row.unmeasured.detail


def test_a_copy_that_may_not_be_seen_is_not_taken_for_missing(guarded: KafkaCluster, tmp_path: Path) -> None:
    (row,) = partition_readings(measured(guarded, "without-the-copy", tmp_path))

    assert (row.state, row.target_topic, row.lag_records, row.drift_seconds) == ("blind", REMOTE, None, None)
    assert row.unmeasured is not None
    assert row.unmeasured.reason == Reason.NOT_AUTHORIZED


def test_a_named_topic_that_may_not_be_seen_is_blind(guarded: KafkaCluster, tmp_path: Path) -> None:
    topic = topic_readings(measured(guarded, "without-the-topic", tmp_path))[TOPIC]

    assert topic.state == "blind"
    assert topic.unmeasured is not None
    assert topic.unmeasured.reason == Reason.NOT_AUTHORIZED


def test_a_wrong_password_is_a_cluster_that_cannot_be_reached(
    guarded: KafkaCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PASSWORDS, "whole", "wrong")
    reading = measured(guarded, "whole", tmp_path)

    assert not reading.sides["source"].up
    assert "uthenticat" in reading.sides["source"].error
    assert "wrong" not in reading.sides["source"].error


def test_watching_leaves_the_cluster_as_it_was(guarded: KafkaCluster, tmp_path: Path) -> None:
    admin = Admin(guarded.bootstrap_servers, **login("admin"))
    before = admin.inventory()
    for user in RIGHTS:
        measured(guarded, user, tmp_path)

    assert admin.inventory() == before
