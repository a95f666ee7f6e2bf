"""Committed offsets of groups, asked through librdkafka itself rather than through its Python admin client.

An admin client dies, and the process with it, when a coordinator answers OffsetFetch with NOT_COORDINATOR,
as it does whenever coordinators move: it looks the coordinator up again through a consumer group it does not
have (https://github.com/confluentinc/librdkafka/issues/5040). A client of the consumer kind has one, and may
ask the same question; confluent_kafka only offers it on admin clients. So these few calls go to the library
that confluent_kafka has loaded, on a client that is in no group and joins none.

Any client dies, too, when such a question times out while its coordinator is still looked for
(https://github.com/confluentinc/librdkafka/issues/4605). So the library is given far more time than we wait:
what is late stays in flight until it is answered, and a client that hangs is to be replaced before that time
is up (`is_stuck`).
"""

import ctypes
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from confluent_kafka import KafkaError, cimpl

from kafka_mirror_exporter.core.offsets import TopicPartition

_CONSUMER: Final = 1
_ANY_ADMIN_CALL: Final = 0
_WITHOUT_LEAVING_A_GROUP: Final = 0x8
_IN_FLIGHT: Final = 50
LIBRARY_SECONDS: Final = 120.0
STUCK_SECONDS: Final = 20.0
_TEXT_BYTES: Final = 512

# rd_kafka_topic_partition_t: topic, partition, offset, metadata, its size, opaque, error, private.
_ELEMENT: Final = struct.Struct("@PiqPNPiP")
_P, _INT, _TEXT, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t

_SIGNATURES: Final[Mapping[str, tuple[Any, list[Any]]]] = {
    "rd_kafka_conf_new": (_P, []),
    "rd_kafka_conf_set": (_INT, [_P, _TEXT, _TEXT, _TEXT, _SIZE]),
    "rd_kafka_new": (_P, [_INT, _P, _TEXT, _SIZE]),
    "rd_kafka_destroy_flags": (None, [_P, _INT]),
    "rd_kafka_queue_new": (_P, [_P]),
    "rd_kafka_queue_poll": (_P, [_P, _INT]),
    "rd_kafka_queue_destroy": (None, [_P]),
    "rd_kafka_AdminOptions_new": (_P, [_P, _INT]),
    "rd_kafka_AdminOptions_set_request_timeout": (_INT, [_P, _INT, _TEXT, _SIZE]),
    "rd_kafka_AdminOptions_set_opaque": (None, [_P, _P]),
    "rd_kafka_AdminOptions_destroy": (None, [_P]),
    "rd_kafka_topic_partition_list_new": (_P, [_INT]),
    "rd_kafka_topic_partition_list_add": (_P, [_P, _TEXT, ctypes.c_int32]),
    "rd_kafka_topic_partition_list_destroy": (None, [_P]),
    "rd_kafka_ListConsumerGroupOffsets_new": (_P, [_TEXT, _P]),
    "rd_kafka_ListConsumerGroupOffsets_destroy": (None, [_P]),
    "rd_kafka_ListConsumerGroupOffsets": (None, [_P, ctypes.POINTER(_P), _SIZE, _P, _P]),
    "rd_kafka_ListConsumerGroupOffsets_result_groups": (ctypes.POINTER(_P), [_P, ctypes.POINTER(_SIZE)]),
    "rd_kafka_event_ListConsumerGroupOffsets_result": (_P, [_P]),
    "rd_kafka_event_opaque": (_P, [_P]),
    "rd_kafka_event_error": (_INT, [_P]),
    "rd_kafka_event_destroy": (None, [_P]),
    "rd_kafka_group_result_error": (_P, [_P]),
    "rd_kafka_group_result_partitions": (_P, [_P]),
    "rd_kafka_error_code": (_INT, [_P]),
}

Commits = dict[TopicPartition, int]


@cache
def _library() -> ctypes.CDLL:
    """The librdkafka that confluent_kafka is linked to: its symbols are found through the extension."""
    library = ctypes.CDLL(cimpl.__file__)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class CommitClient:
    """One client of the consumer kind that only asks for commits; one thread at a time may use it."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        """`settings` are librdkafka's, without callbacks; raises `ValueError` with its sentence."""
        library = _library()
        conf, text = library.rd_kafka_conf_new(), ctypes.create_string_buffer(_TEXT_BYTES)
        for name, value in settings.items():
            plain = str(value).lower() if isinstance(value, bool) else str(value)
            if library.rd_kafka_conf_set(conf, name.encode(), plain.encode(), text, _TEXT_BYTES):
                raise ValueError(text.value.decode(errors="replace"))
        self._handle: int | None = library.rd_kafka_new(_CONSUMER, conf, text, _TEXT_BYTES)
        if not self._handle:
            raise ValueError(text.value.decode(errors="replace"))
        self._queue = library.rd_kafka_queue_new(self._handle)
        self._asked = 0
        self._in_flight: dict[int, tuple[str, float]] = {}

    @property
    def is_stuck(self) -> bool:
        """Whether a question has been in flight for so long that this client should be let go."""
        oldest = min((since for _, since in self._in_flight.values()), default=None)
        return oldest is not None and time.monotonic() - oldest > STUCK_SECONDS

    def ask(
        self, groups: Iterable[str], partitions: Sequence[TopicPartition] | None, *, deadline: float
    ) -> tuple[dict[str, Commits], dict[str, KafkaError]]:
        """Commits and errors by group; who has not answered by `deadline` (monotonic) is in neither.

        All partitions of a group, or those named; a few dozen groups at a time: wider is slower. A group that
        an earlier question still waits for is not asked for again.
        """
        found: dict[str, Commits] = {}
        failed: dict[str, KafkaError] = {}
        self._drop_late_answers()
        late = {group for group, _ in self._in_flight.values()}
        waiting, pending = deque(group for group in groups if group not in late), dict[int, str]()
        library = _library()
        while (pending or waiting) and (left := deadline - time.monotonic()) > 0:
            while waiting and len(pending) < _IN_FLIGHT:
                group = waiting.popleft()
                pending[self._submit(group, partitions)] = group
            event = library.rd_kafka_queue_poll(self._queue, max(1, int(left * 1000)))
            if not event:
                continue
            number = self._number_of(event)
            if number in pending:
                outcome = self._outcome(event)
                if isinstance(outcome, KafkaError):
                    failed[pending.pop(number)] = outcome
                else:
                    found[pending.pop(number)] = outcome
            library.rd_kafka_event_destroy(event)
        return found, failed

    def _drop_late_answers(self) -> None:
        """Takes in what came too late for an earlier question: it says how things were then."""
        library = _library()
        while event := library.rd_kafka_queue_poll(self._queue, 0):
            self._number_of(event)
            library.rd_kafka_event_destroy(event)

    def _number_of(self, event: int) -> int:
        """Which question is answered; it is not in flight any more."""
        number = int(_library().rd_kafka_event_opaque(event) or 0)
        self._in_flight.pop(number, None)
        return number

    def _submit(self, group: str, partitions: Sequence[TopicPartition] | None) -> int:
        """The number that the answer will bear."""
        library = _library()
        self._asked += 1
        self._in_flight[self._asked] = (group, time.monotonic())
        options = library.rd_kafka_AdminOptions_new(self._handle, _ANY_ADMIN_CALL)
        library.rd_kafka_AdminOptions_set_request_timeout(options, int(LIBRARY_SECONDS * 1000), None, 0)
        library.rd_kafka_AdminOptions_set_opaque(options, self._asked)
        named = None
        if partitions is not None:
            named = library.rd_kafka_topic_partition_list_new(len(partitions))
            for topic, partition in partitions:
                library.rd_kafka_topic_partition_list_add(named, topic.encode(), partition)
        request = library.rd_kafka_ListConsumerGroupOffsets_new(group.encode(), named)
        library.rd_kafka_ListConsumerGroupOffsets(self._handle, (_P * 1)(request), 1, options, self._queue)
        library.rd_kafka_ListConsumerGroupOffsets_destroy(request)
        if named:
            library.rd_kafka_topic_partition_list_destroy(named)
        library.rd_kafka_AdminOptions_destroy(options)
        return self._asked

    @staticmethod
    def _outcome(event: int) -> Commits | KafkaError:
        library = _library()
        code = library.rd_kafka_event_error(event)
        if code:
            return KafkaError(code)
        count = _SIZE()
        result = library.rd_kafka_event_ListConsumerGroupOffsets_result(event)
        answers = library.rd_kafka_ListConsumerGroupOffsets_result_groups(result, ctypes.byref(count))
        error = library.rd_kafka_group_result_error(answers[0])
        if error:
            return KafkaError(library.rd_kafka_error_code(error))
        return dict(_committed(library.rd_kafka_group_result_partitions(answers[0])))

    def close(self) -> None:
        """Lets go; may take as long as a hung broker holds the library."""
        handle, self._handle = self._handle, None
        if handle:
            library = _library()
            library.rd_kafka_queue_destroy(self._queue)
            library.rd_kafka_destroy_flags(handle, _WITHOUT_LEAVING_A_GROUP)


def _committed(partitions: int | None) -> Iterator[tuple[TopicPartition, int]]:
    """What was committed; a partition asked for by name answers with a negative offset otherwise."""
    if not partitions:
        return
    # rd_kafka_topic_partition_list_t: count, room, elements.
    count, _, elements = struct.unpack("@iiP", ctypes.string_at(partitions, struct.calcsize("@iiP")))
    raw = ctypes.string_at(elements, count * _ELEMENT.size) if count else b""
    for topic, partition, offset, _, _, _, error, _ in _ELEMENT.iter_unpack(raw):
        if not error and offset >= 0:
            yield TopicPartition(ctypes.string_at(topic).decode(), partition), offset
