"""What tests do to clusters, through Kafka's own admin API."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from rig.process import wait_until

_SECONDS = 20
_STILL_LOADING = {KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NOT_COORDINATOR}


class Admin:
    """Changes one cluster, and waits until it is changed."""

    def __init__(self, bootstrap: str, **properties: Any) -> None:
        self._client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0} | properties)
        self.made: dict[str, dict[str, str]] = {}

    def create_topic(self, topic: str, *, partitions: int = 1, **config: str) -> None:
        settings = {name.replace("_", "."): value for name, value in config.items()}
        self.made[topic] = settings
        self._wait(self._client.create_topics([NewTopic(topic, partitions, 1, config=settings)]))

    def add_partitions(self, topic: str, *, total: int) -> None:
        self._wait(self._client.create_partitions([NewPartitions(topic, total)]))

    def delete_topic(self, topic: str) -> None:
        self._wait(self._client.delete_topics([topic]))

    def delete_records(self, topic: str, partition: int, *, before: int) -> None:
        self._wait(self._client.delete_records([KafkaPartition(topic, partition, before)]))

    def set_topic_config(self, topic: str, name: str, value: str) -> None:
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        self._wait(self._client.incremental_alter_configs([resource]))
        self.made[topic] = {**self.made.get(topic, {}), name: value}

    def commit(self, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
        partitions = [
            KafkaPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()
        ]
        wait_until(lambda: self._commits(group, partitions), seconds=_SECONDS, what=f"a commit of {group}")

    def _commits(self, group: str, partitions: list[KafkaPartition]) -> bool:
        """False where the group's coordinator is still loading; its answer says so partition by partition."""
        asked = self._client.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, partitions)])
        errors = [
            p.error for future in asked.values() for p in future.result(_SECONDS).topic_partitions if p.error
        ]
        if any(error.code() not in _STILL_LOADING for error in errors):
            raise KafkaException(errors[0])
        return not errors

    def allow(self, user: str, operation: AclOperation, kind: ResourceType, name: str = "*") -> AclBinding:
        """Grants one operation on one thing, or on all of a kind."""
        binding = AclBinding(
            kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW
        )
        self._wait(self._client.create_acls([binding]))
        return binding

    def topics(self) -> dict[str, int]:
        """All topics with their numbers of partitions."""
        topics = self._client.list_topics(timeout=_SECONDS).topics
        return {name: len(topic.partitions) for name, topic in topics.items()}

    def end(self, topic: str, partition: int = 0) -> int:
        """The high watermark."""
        asked = KafkaPartition(topic, partition)
        return int(self._client.list_offsets({asked: OffsetSpec.latest()})[asked].result(_SECONDS).offset)

    def inventory(self) -> tuple[dict[str, int], set[str], dict[str, dict[str, str]]]:
        """Topics, groups, and the configuration of every topic: what a reader must leave as it is."""
        topics = self.topics()
        groups = self.groups()
        resources = [ConfigResource(ConfigResource.Type.TOPIC, topic) for topic in topics]
        configs = {
            resource.name: {name: entry.value for name, entry in future.result(_SECONDS).items()}
            for resource, future in (self._client.describe_configs(resources) if resources else {}).items()
        }
        return topics, groups, configs

    def own_configs(self) -> dict[str, dict[str, str]]:
        """What was set for each topic, apart from what the cluster sets for all."""
        resources = [ConfigResource(ConfigResource.Type.TOPIC, topic) for topic in self.topics()]
        return {
            resource.name: {
                name: entry.value
                for name, entry in future.result(_SECONDS).items()
                if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
            }
            for resource, future in self._client.describe_configs(resources).items()
        }

    def groups(self) -> set[str]:
        """All groups."""
        return {listed.group_id for listed in self._client.list_consumer_groups().result(_SECONDS).valid}

    @staticmethod
    def _wait(futures: Mapping[Any, Any]) -> None:
        for future in futures.values():
            future.result(_SECONDS)


def transaction(bootstrap: str, topic: str, values: list[bytes], *, transactional_id: str) -> Producer:
    """A producer with an open transaction in which these records are written to partition 0."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "log_level": 0}
    )
    producer.init_transactions(_SECONDS)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value=value, partition=0)
    producer.flush(_SECONDS)
    return producer
