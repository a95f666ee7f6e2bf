"""Reads the effective configuration of topics."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from itertools import islice
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]  # not in its __all__

from kafka_mirror_exporter.clusters.api_rest import ApiRest
from kafka_mirror_exporter.clusters.errors import is_silence, kafka_error, sentence_of, unmeasured
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.errors import ApiUnavailable

TOPIC_CONFIGS: Final = "topic configurations"
_TOPICS_AT_ONCE: Final = 100

TopicConfigs = Mapping[str, Mapping[str, str] | Unmeasured]


def read_topic_configs(
    admin: AdminClient, topics: Iterable[str], *, rest: ApiRest, timeout: float
) -> TopicConfigs:
    """The configuration of each topic, or why it could not be read."""
    rest.check(TOPIC_CONFIGS)
    deadline = time.monotonic() + timeout
    futures: dict[str, Future[Any]] = {}
    names = iter(dict.fromkeys(topics))
    while chunk := list(islice(names, _TOPICS_AT_ONCE)):
        resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in chunk]
        remaining = max(0.05, deadline - time.monotonic())
        answers = admin.describe_configs(resources, request_timeout=remaining)
        futures.update({resource.name: future for resource, future in answers.items()})
    wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()))
    configs = {topic: _outcome(future) for topic, future in futures.items()}
    _note(configs, rest)
    return configs


def _outcome(future: "Future[Any]") -> Mapping[str, str] | Unmeasured:
    if not future.done():
        return Unmeasured(Reason.API_TIMEOUT, "no answer in time")
    failure = future.exception()
    if failure is None:
        return {name: entry.value or "" for name, entry in future.result().items()}
    if not isinstance(failure, KafkaException):
        raise failure
    error = kafka_error(failure)
    if is_silence(error):
        return Unmeasured(Reason.API_TIMEOUT, sentence_of(error))
    return unmeasured(error)


def _note(configs: TopicConfigs, rest: ApiRest) -> None:
    reasons = {config.reason if isinstance(config, Unmeasured) else None for config in configs.values()}
    if reasons == {Reason.API_TIMEOUT}:
        rest.timed_out(TOPIC_CONFIGS)
        raise ApiUnavailable("no broker gave its topics' configurations in time", reason=Reason.API_TIMEOUT)
    if reasons == {Reason.API_UNSUPPORTED}:
        rest.unsupported(TOPIC_CONFIGS)
        raise ApiUnavailable("no broker offers its topics' configurations", reason=Reason.API_UNSUPPORTED)
    rest.answered(TOPIC_CONFIGS)
