"""A librdkafka mock cluster whose errors, round trips and broken brokers the tests decide."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka

LIST_OFFSETS = 2
METADATA = 3


def _library() -> ctypes.CDLL:
    folder = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    library.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.rd_kafka_mock_cluster_destroy.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_topic_create.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.rd_kafka_mock_topic_set_error.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    library.rd_kafka_mock_partition_set_leader.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_int32,
    ]
    library.rd_kafka_mock_broker_set_rtt.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int]
    library.rd_kafka_mock_broker_set_down.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    library.rd_kafka_mock_broker_set_up.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    library.rd_kafka_mock_push_request_errors_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int16,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_int),
    ]
    return library


class MockCluster:
    """One mock cluster of this process."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library = library
        self._handle = handle
        self.bootstrap_servers = library.rd_kafka_mock_cluster_bootstraps(handle).decode()

    def create_topic(self, topic: str, *, partitions: int) -> None:
        self._library.rd_kafka_mock_topic_create(self._handle, topic.encode(), partitions, 1)

    def set_topic_error(self, topic: str, code: int) -> None:
        self._library.rd_kafka_mock_topic_set_error(self._handle, topic.encode(), code)

    def set_leader(self, topic: str, partition: int, broker: int) -> None:
        self._library.rd_kafka_mock_partition_set_leader(self._handle, topic.encode(), partition, broker)

    def set_round_trip(self, broker: int, *, milliseconds: int) -> None:
        self._library.rd_kafka_mock_broker_set_rtt(self._handle, broker, milliseconds)

    def set_down(self, broker: int) -> None:
        self._library.rd_kafka_mock_broker_set_down(self._handle, broker)

    def set_up(self, broker: int) -> None:
        self._library.rd_kafka_mock_broker_set_up(self._handle, broker)

    def push_errors(self, api: int, *codes: int) -> None:
        """The next requests of an API are answered with these errors."""
        errors = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._handle, api, len(codes), errors)


@contextmanager
def mock_cluster(brokers: int) -> Iterator[MockCluster]:
    library = _library()
    text = ctypes.create_string_buffer(512)
    owner = library.rd_kafka_new(0, library.rd_kafka_conf_new(), text, len(text))
    handle = library.rd_kafka_mock_cluster_new(owner, brokers)
    try:
        yield MockCluster(library, handle)
    finally:
        library.rd_kafka_mock_cluster_destroy(handle)
        library.rd_kafka_destroy(owner)
