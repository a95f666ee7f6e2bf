"""Asks who is a member of which group, on a client that is never left to its own timeouts.

A client dies, and the process with it, when this question times out while a coordinator is still looked for
(https://github.com/confluentinc/librdkafka/issues/4605). So the library is given far more time than we wait;
what is late is asked after again, and a client that hangs is let go before that time is up.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from kafka_mirror_exporter.clusters.client import Client, close_aside
from kafka_mirror_exporter.clusters.commit_client import LIBRARY_SECONDS, STUCK_SECONDS
from kafka_mirror_exporter.clusters.errors import is_silence, kafka_error, sentence_of, unmeasured
from kafka_mirror_exporter.clusters.reader import GroupMembers
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured

NO_ANSWER: Final = Unmeasured(Reason.API_TIMEOUT, "no answer in time")


class MemberQueries:
    """One question at a time; while it is not answered in full, no other is asked.

    `has_given_up` says that the last call let go of a question that was never answered in full.
    """

    def __init__(self, open_client: Callable[[], AdminClient]) -> None:
        self._open_client = open_client
        self._client: AdminClient | None = None
        self._asked: dict[str, Future[Any]] = {}
        self._asked_at = 0.0
        self.has_given_up = False

    def ask(self, groups: Iterable[str], *, timeout: float) -> GroupMembers:
        """How many members each group has, as far as it is known when `timeout` is over."""
        names, deadline = list(dict.fromkeys(groups)), time.monotonic() + timeout
        if not self._asked:
            self._submit(names)
        wait(self._asked.values(), timeout=max(0.0, deadline - time.monotonic()))
        found: dict[str, int] = {}
        failed: dict[str, Unmeasured] = {}
        for group in names:
            future = self._asked.get(group)
            outcome = NO_ANSWER if future is None else group_outcome(future)
            if isinstance(outcome, Unmeasured):
                failed[group] = outcome
            else:
                found[group] = len(outcome.members)
        self.has_given_up = False
        if all(future.done() for future in self._asked.values()):
            self._asked = {}
        elif time.monotonic() - self._asked_at > STUCK_SECONDS:
            self.has_given_up = True
            self.release()
        return GroupMembers(found=found, failed=failed)

    def _submit(self, names: list[str]) -> None:
        self._client = self._client or self._open_client()
        self._asked_at = time.monotonic()
        for group in names:
            # One by one: a question for several is answered when the slowest coordinator has answered.
            self._asked |= self._client.describe_consumer_groups([group], request_timeout=LIBRARY_SECONDS)

    def release(self) -> None:
        """Lets go of the client, and of what it was asked."""
        self._asked = {}
        if self._client is not None:
            doomed: list[Client] = [self._client]
            self._client = None
            close_aside(doomed, timeout=0)


def group_outcome(future: "Future[Any]") -> Any | Unmeasured:
    """The answer, or why there is none; a coordinator's silence is the API's, for no leader is involved."""
    if not future.done():
        return NO_ANSWER
    failure = future.exception()
    if failure is None:
        return future.result()
    if not isinstance(failure, KafkaException):
        raise failure
    return group_failure(kafka_error(failure))


def group_failure(error: KafkaError) -> Unmeasured:
    """Why something about a group is not known."""
    if is_silence(error):
        return Unmeasured(Reason.API_TIMEOUT, sentence_of(error))
    return unmeasured(error)
