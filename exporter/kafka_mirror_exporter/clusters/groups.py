"""Reads consumer groups: which there are, what they committed, how many members they have."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import wait
from typing import Final

from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient

from kafka_mirror_exporter.clusters.api_rest import ApiRest
from kafka_mirror_exporter.clusters.client import close_aside
from kafka_mirror_exporter.clusters.commit_client import CommitClient
from kafka_mirror_exporter.clusters.errors import kafka_error
from kafka_mirror_exporter.clusters.group_members import (
    NO_ANSWER,
    MemberQueries,
    group_failure,
    group_outcome,
)
from kafka_mirror_exporter.clusters.reader import GroupListing, GroupMembers, GroupOffsets
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.errors import ApiUnavailable

LIST_GROUPS: Final = "the list of groups"
GROUP_OFFSETS: Final = "committed offsets"
GROUP_MEMBERS: Final = "group members"

_NAMING_PAUSE_SECONDS: Final = 10.0
_MOVED: Final = frozenset({KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE})


class GroupQueries:
    """Asks a cluster about its groups through one admin client."""

    def __init__(
        self,
        *,
        admin: Callable[[], AdminClient],
        describer: Callable[[], AdminClient],
        commit_client: Callable[[], CommitClient],
        rest: ApiRest,
        clock: Callable[[], float],
    ) -> None:
        self._admin = admin
        self._members = MemberQueries(describer)
        self._open_commit_client = commit_client
        self._commit_client: CommitClient | None = None
        self._unanswered: frozenset[str] = frozenset()
        self._rest = rest
        self._clock = clock
        self._needs_names = False
        self._naming_tried_at: float | None = None

    def list_groups(self, *, timeout: float) -> GroupListing:
        """All names that any broker gave, and why others may be missing."""
        self._rest.check(LIST_GROUPS)
        future = self._admin().list_consumer_groups(request_timeout=timeout)
        wait([future], timeout=timeout)
        outcome = group_outcome(future)
        if isinstance(outcome, Unmeasured):
            return self._failed_listing(outcome)
        groups = tuple(sorted(group.group_id for group in outcome.valid))
        failed = group_failure(kafka_error(outcome.errors[0])) if outcome.errors else None
        if failed and not groups:
            return self._failed_listing(failed)
        self._rest.answered(LIST_GROUPS)
        return GroupListing(groups=groups, failed=failed)

    def read_offsets(
        self, groups: Iterable[str], *, known_partitions: Sequence[TopicPartition], timeout: float
    ) -> GroupOffsets:
        """Commits of each group; brokers that need to be told the partitions are told."""
        self._rest.check(GROUP_OFFSETS)
        deadline = time.monotonic() + timeout
        # Where there is not time for all, those that had none last time come first.
        names = sorted(dict.fromkeys(groups), key=lambda group: group not in self._unanswered)
        named = known_partitions if self._needs_names else None
        answer = self._ask_offsets(names, named, deadline=deadline)
        if named is None and known_partitions and self._is_suspiciously_empty(answer):
            # Some brokers answer a question for all partitions with nothing, and with no error.
            self._naming_tried_at = self._clock()
            retried = self._ask_offsets(list(answer.found), known_partitions, deadline=deadline)
            if any(retried.found.values()):
                self._needs_names = True
                answer = GroupOffsets(found=retried.found, failed={**answer.failed, **retried.failed})
        self._note(GROUP_OFFSETS, found=answer.found, failed=answer.failed, counts_timeouts=False)
        return answer

    def read_members(self, groups: Iterable[str], *, timeout: float) -> GroupMembers:
        """How many members each group has."""
        self._rest.check(GROUP_MEMBERS)
        members = self._members.ask(groups, timeout=timeout)
        self._note(
            GROUP_MEMBERS,
            found=members.found,
            failed=members.failed,
            counts_timeouts=self._members.has_given_up,
        )
        return members

    def wake(self) -> None:
        """Asks again what brokers could not answer before."""
        self._needs_names = False
        self._naming_tried_at = None

    def _failed_listing(self, failed: Unmeasured) -> GroupListing:
        if failed.reason is Reason.API_TIMEOUT:
            self._rest.timed_out(LIST_GROUPS)
            raise ApiUnavailable(f"no broker listed its groups: {failed.detail}", reason=failed.reason)
        if failed.reason is Reason.API_UNSUPPORTED:
            self._rest.unsupported(LIST_GROUPS)
        else:
            self._rest.answered(LIST_GROUPS)
        return GroupListing(groups=(), failed=failed)

    def _is_suspiciously_empty(self, answer: GroupOffsets) -> bool:
        if not answer.found or any(answer.found.values()):
            return False
        tried_at = self._naming_tried_at
        return tried_at is None or self._clock() - tried_at >= _NAMING_PAUSE_SECONDS

    def _ask_offsets(
        self, groups: list[str], named: Sequence[TopicPartition] | None, *, deadline: float
    ) -> GroupOffsets:
        if self._commit_client is None:
            self._commit_client = self._open_commit_client()
        answered, errors = self._commit_client.ask(groups, named, deadline=deadline)
        failed = {group: group_failure(error) for group, error in errors.items()}
        if any(error.code() in _MOVED for error in errors.values()) or self._commit_client.is_stuck:
            # The client would ask the coordinator it knows, or wait for the one that hangs, for minutes.
            self._release_commit_client()
        self._unanswered = frozenset(groups) - answered.keys() - failed.keys()
        failed |= dict.fromkeys(self._unanswered, NO_ANSWER)
        return GroupOffsets(found=answered, failed=failed)

    def release(self) -> None:
        """Lets go of the clients that only ask of groups; the next question opens others."""
        self._members.release()
        self._release_commit_client()

    def _release_commit_client(self) -> None:
        if self._commit_client is not None:
            client, self._commit_client = self._commit_client, None
            close_aside([client], timeout=0)

    def _note(
        self,
        api: str,
        *,
        found: Mapping[str, object],
        failed: Mapping[str, Unmeasured],
        counts_timeouts: bool,
    ) -> None:
        reasons = {failure.reason for failure in failed.values()}
        if found or not reasons:
            self._rest.answered(api)
        elif reasons == {Reason.API_UNSUPPORTED}:
            self._rest.unsupported(api)
        elif reasons == {Reason.API_TIMEOUT} and counts_timeouts:
            self._rest.timed_out(api)
