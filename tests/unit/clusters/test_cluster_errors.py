import pytest
from confluent_kafka import KafkaError

from kafka_mirror_exporter.clusters.errors import REASONS, is_silence, reason_of, sentence_of, unmeasured
from kafka_mirror_exporter.core.measurement import Reason

# The errors Kafka's protocol lists for the requests we send: metadata, list offsets, fetch, offset fetch,
# find coordinator, list and describe groups, describe configs.
ERRORS_OF_OUR_REQUESTS = {
    "UNKNOWN": Reason.OFFSETS_UNREADABLE,
    "OFFSET_OUT_OF_RANGE": Reason.OFFSETS_UNREADABLE,
    "INVALID_MSG": Reason.OFFSETS_UNREADABLE,
    "UNKNOWN_TOPIC_OR_PART": Reason.OFFSETS_UNREADABLE,
    "LEADER_NOT_AVAILABLE": Reason.LEADER_UNREACHABLE,
    "NOT_LEADER_FOR_PARTITION": Reason.LEADER_UNREACHABLE,
    "REQUEST_TIMED_OUT": Reason.LEADER_UNREACHABLE,
    "REPLICA_NOT_AVAILABLE": Reason.LEADER_UNREACHABLE,
    "COORDINATOR_LOAD_IN_PROGRESS": Reason.LEADER_UNREACHABLE,
    "COORDINATOR_NOT_AVAILABLE": Reason.LEADER_UNREACHABLE,
    "NOT_COORDINATOR": Reason.LEADER_UNREACHABLE,
    "TOPIC_EXCEPTION": Reason.OFFSETS_UNREADABLE,
    "INVALID_GROUP_ID": Reason.OFFSETS_UNREADABLE,
    "TOPIC_AUTHORIZATION_FAILED": Reason.NOT_AUTHORIZED,
    "GROUP_AUTHORIZATION_FAILED": Reason.NOT_AUTHORIZED,
    "CLUSTER_AUTHORIZATION_FAILED": Reason.NOT_AUTHORIZED,
    "SASL_AUTHENTICATION_FAILED": Reason.NOT_AUTHORIZED,
    "UNSUPPORTED_VERSION": Reason.API_UNSUPPORTED,
    "UNSUPPORTED_FOR_MESSAGE_FORMAT": Reason.API_UNSUPPORTED,
    "KAFKA_STORAGE_ERROR": Reason.OFFSETS_UNREADABLE,
    "FENCED_LEADER_EPOCH": Reason.LEADER_UNREACHABLE,
    "UNKNOWN_LEADER_EPOCH": Reason.LEADER_UNREACHABLE,
    "OFFSET_NOT_AVAILABLE": Reason.LEADER_UNREACHABLE,
    "GROUP_ID_NOT_FOUND": Reason.OFFSETS_UNREADABLE,
    "UNSTABLE_OFFSET_COMMIT": Reason.OFFSETS_UNREADABLE,
    "_TIMED_OUT": Reason.LEADER_UNREACHABLE,
    "_TRANSPORT": Reason.LEADER_UNREACHABLE,
    "_ALL_BROKERS_DOWN": Reason.LEADER_UNREACHABLE,
    "_RESOLVE": Reason.LEADER_UNREACHABLE,
    "_SSL": Reason.LEADER_UNREACHABLE,
    "_AUTHENTICATION": Reason.NOT_AUTHORIZED,
    "_UNSUPPORTED_FEATURE": Reason.API_UNSUPPORTED,
    "_UNKNOWN_TOPIC": Reason.OFFSETS_UNREADABLE,
    "_UNKNOWN_PARTITION": Reason.OFFSETS_UNREADABLE,
    "_AUTO_OFFSET_RESET": Reason.OFFSETS_UNREADABLE,
}


@pytest.mark.parametrize(("name", "reason"), ERRORS_OF_OUR_REQUESTS.items())
def test_every_error_of_our_requests_stands_in_the_table(name: str, reason: Reason) -> None:
    assert REASONS[getattr(KafkaError, name)] == reason


def test_an_error_nobody_foresaw_is_still_a_reason() -> None:
    assert reason_of(KafkaError(KafkaError.ILLEGAL_SASL_STATE)) == Reason.OFFSETS_UNREADABLE


def test_a_refusal_is_an_answer_and_not_silence() -> None:
    assert is_silence(KafkaError(KafkaError._TIMED_OUT))
    assert not is_silence(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


def test_the_sentence_names_the_error() -> None:
    error = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)

    assert "TOPIC_AUTHORIZATION_FAILED" in sentence_of(error)
    assert unmeasured(error).reason == Reason.NOT_AUTHORIZED
