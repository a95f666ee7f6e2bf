"""What librdkafka's errors mean to us: one table, from error code to reason."""

# ruff: noqa: SLF001 - an underscore before a name is librdkafka's mark of an error that no broker sent

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from confluent_kafka import KafkaError, KafkaException

from kafka_mirror_exporter.core.measurement import Reason, Unmeasured

REASONS: Final[Mapping[int, Reason]] = MappingProxyType(
    {
        # Nobody there, or no answer: from the client itself, or from a broker that is not the leader now.
        KafkaError._TIMED_OUT: Reason.LEADER_UNREACHABLE,
        KafkaError._TIMED_OUT_QUEUE: Reason.LEADER_UNREACHABLE,
        KafkaError._TRANSPORT: Reason.LEADER_UNREACHABLE,
        KafkaError._RESOLVE: Reason.LEADER_UNREACHABLE,
        KafkaError._ALL_BROKERS_DOWN: Reason.LEADER_UNREACHABLE,
        KafkaError._WAIT_COORD: Reason.LEADER_UNREACHABLE,
        KafkaError._WAIT_CACHE: Reason.LEADER_UNREACHABLE,
        KafkaError._NOENT: Reason.LEADER_UNREACHABLE,
        KafkaError._DESTROY: Reason.LEADER_UNREACHABLE,
        KafkaError._SSL: Reason.LEADER_UNREACHABLE,
        KafkaError._PARTIAL: Reason.OFFSETS_UNREADABLE,
        KafkaError.LEADER_NOT_AVAILABLE: Reason.LEADER_UNREACHABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION: Reason.LEADER_UNREACHABLE,
        KafkaError.REPLICA_NOT_AVAILABLE: Reason.LEADER_UNREACHABLE,
        KafkaError.BROKER_NOT_AVAILABLE: Reason.LEADER_UNREACHABLE,
        KafkaError.REQUEST_TIMED_OUT: Reason.LEADER_UNREACHABLE,
        KafkaError.NETWORK_EXCEPTION: Reason.LEADER_UNREACHABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS: Reason.LEADER_UNREACHABLE,
        KafkaError.COORDINATOR_NOT_AVAILABLE: Reason.LEADER_UNREACHABLE,
        KafkaError.NOT_COORDINATOR: Reason.LEADER_UNREACHABLE,
        KafkaError.FENCED_LEADER_EPOCH: Reason.LEADER_UNREACHABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH: Reason.LEADER_UNREACHABLE,
        KafkaError.OFFSET_NOT_AVAILABLE: Reason.LEADER_UNREACHABLE,
        KafkaError.NOT_CONTROLLER: Reason.LEADER_UNREACHABLE,
        # Not for us.
        KafkaError._AUTHENTICATION: Reason.NOT_AUTHORIZED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED: Reason.NOT_AUTHORIZED,
        KafkaError.GROUP_AUTHORIZATION_FAILED: Reason.NOT_AUTHORIZED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED: Reason.NOT_AUTHORIZED,
        KafkaError.SASL_AUTHENTICATION_FAILED: Reason.NOT_AUTHORIZED,
        KafkaError.SECURITY_DISABLED: Reason.NOT_AUTHORIZED,
        # Not offered.
        KafkaError._UNSUPPORTED_FEATURE: Reason.API_UNSUPPORTED,
        KafkaError._NOT_IMPLEMENTED: Reason.API_UNSUPPORTED,
        KafkaError.UNSUPPORTED_VERSION: Reason.API_UNSUPPORTED,
        KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT: Reason.API_UNSUPPORTED,
        KafkaError.INVALID_REQUEST: Reason.API_UNSUPPORTED,
        # There, but not readable.
        KafkaError._UNKNOWN_PARTITION: Reason.OFFSETS_UNREADABLE,
        KafkaError._UNKNOWN_TOPIC: Reason.OFFSETS_UNREADABLE,
        KafkaError._UNKNOWN_GROUP: Reason.OFFSETS_UNREADABLE,
        KafkaError._AUTO_OFFSET_RESET: Reason.OFFSETS_UNREADABLE,
        KafkaError._BAD_MSG: Reason.OFFSETS_UNREADABLE,
        KafkaError._BAD_COMPRESSION: Reason.OFFSETS_UNREADABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART: Reason.OFFSETS_UNREADABLE,
        KafkaError.TOPIC_EXCEPTION: Reason.OFFSETS_UNREADABLE,
        KafkaError.OFFSET_OUT_OF_RANGE: Reason.OFFSETS_UNREADABLE,
        KafkaError.INVALID_MSG: Reason.OFFSETS_UNREADABLE,
        KafkaError.KAFKA_STORAGE_ERROR: Reason.OFFSETS_UNREADABLE,
        KafkaError.INVALID_GROUP_ID: Reason.OFFSETS_UNREADABLE,
        KafkaError.GROUP_ID_NOT_FOUND: Reason.OFFSETS_UNREADABLE,
        KafkaError.UNSTABLE_OFFSET_COMMIT: Reason.OFFSETS_UNREADABLE,
        KafkaError.UNKNOWN: Reason.OFFSETS_UNREADABLE,
    }
)

DETAILS: Final[Mapping[int, str]] = MappingProxyType(
    {
        KafkaError._AUTO_OFFSET_RESET: "deleted, or beyond the end of the log",
        KafkaError.OFFSET_OUT_OF_RANGE: "deleted, or beyond the end of the log",
        KafkaError._NOENT: "no leader now",
        KafkaError._TIMED_OUT: "no answer in time",
    }
)


def kafka_error(failure: KafkaException | KafkaError) -> KafkaError:
    """The error inside an exception of confluent_kafka; some results hold it bare, against their types."""
    error = failure if isinstance(failure, KafkaError) else failure.args[0]
    if not isinstance(error, KafkaError):
        raise TypeError(f"KafkaException without a KafkaError: {failure!r}")
    return error


def reason_of(error: KafkaError) -> Reason:
    """Why something could not be measured; an error nobody foresaw makes offsets unreadable."""
    return REASONS.get(error.code(), Reason.OFFSETS_UNREADABLE)


def sentence_of(error: KafkaError) -> str:
    """What went wrong, for people."""
    return DETAILS.get(error.code()) or f"{error.str()} ({error.name()})"


def unmeasured(error: KafkaError) -> Unmeasured:
    """The error as the reason for a missing measurement."""
    return Unmeasured(reason_of(error), sentence_of(error))


def is_silence(error: KafkaError) -> bool:
    """Whether nobody answered, as against an answer that says no."""
    return reason_of(error) is Reason.LEADER_UNREACHABLE
