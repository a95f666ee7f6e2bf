"""MirrorMaker 2's own records, from bytes as it writes them."""

import json
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.mirrormaker2 import (
    Checkpoint,
    ConnectOffset,
    Heartbeat,
    OffsetSync,
    decode_checkpoint,
    decode_connect_offset,
    decode_heartbeat,
    decode_offset_sync,
    provenance_offset,
)
from kafka_mirror_exporter.errors import RecordUndecodable

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: len(name.encode()) < 1_000)
COUNTS = st.integers(0, 2**62)


def text(value: str) -> bytes:
    return struct.pack(">h", len(value.encode())) + value.encode()


def test_the_known_bytes_of_each_record_are_understood() -> None:
    assert decode_offset_sync(
        bytes.fromhex("00066f726465727300000003"), bytes.fromhex("0000000000000064000000000000005a")
    ) == OffsetSync(topic="orders", partition=3, upstream=100, downstream=90)
    assert decode_heartbeat(
        bytes.fromhex("00037467740003737263"), bytes.fromhex("00000000018bcfe56800")
    ) == Heartbeat(source_alias="tgt", target_alias="src", timestamp_ms=1_700_000_000_000)
    assert decode_checkpoint(
        bytes.fromhex("000762696c6c696e67000a7372632e6f726465727300000003"),
        bytes.fromhex("00000000000000000064000000000000005b0000"),
    ) == Checkpoint(group="billing", topic="src.orders", partition=3, upstream=100, downstream=91)


@given(NAMES, st.integers(0, 2**31 - 1), COUNTS, COUNTS)
def test_offset_syncs_round_trip(topic: str, partition: int, upstream: int, downstream: int) -> None:
    key, value = text(topic) + struct.pack(">i", partition), struct.pack(">qq", upstream, downstream)

    assert decode_offset_sync(key, value) == OffsetSync(
        topic=topic, partition=partition, upstream=upstream, downstream=downstream
    )


@given(NAMES, NAMES, st.integers(0, 2**31 - 1), COUNTS)
def test_connect_offsets_round_trip_to_the_next_offset(
    cluster: str, topic: str, partition: int, offset: int
) -> None:
    key = json.dumps(["MirrorSourceConnector", {"topic": topic, "cluster": cluster, "partition": partition}])

    assert decode_connect_offset(key.encode(), json.dumps({"offset": offset}).encode()) == ConnectOffset(
        connector="MirrorSourceConnector",
        cluster=cluster,
        topic=topic,
        partition=partition,
        next_offset=offset + 1,
    )


@pytest.mark.parametrize("value", [None, b"null"], ids=["tombstone", "null"])
def test_a_reset_offset_is_none(value: bytes | None) -> None:
    decoded = decode_connect_offset(b'["c",{"cluster":"a","topic":"t","partition":0}]', value)

    assert decoded is not None
    assert decoded.next_offset is None


def test_what_other_connectors_store_is_nothing_of_ours() -> None:
    key = b'["MirrorHeartbeatConnector",{"sourceClusterAlias":"a","targetClusterAlias":"b"}]'

    assert decode_connect_offset(key, b'{"offset":0}') is None


@pytest.mark.parametrize("decode", [decode_offset_sync, decode_checkpoint, decode_heartbeat])
def test_a_tombstone_is_nothing(decode: Callable[[bytes | None, bytes | None], object]) -> None:
    assert decode(b"anything", None) is None


@pytest.mark.parametrize(
    "decode", [decode_offset_sync, decode_checkpoint, decode_heartbeat, decode_connect_offset]
)
@given(key=st.none() | st.binary(max_size=80), value=st.none() | st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_undecodable(
    decode: Callable[[bytes | None, bytes | None], object], key: bytes | None, value: bytes | None
) -> None:
    try:
        decode(key, value)
    except RecordUndecodable as failure:
        assert str(failure)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cluster", "topic", "partition", "offset"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_arbitrary_json_raises_nothing_but_undecodable(key: object, value: object) -> None:
    try:
        decode_connect_offset(json.dumps(key).encode(), json.dumps(value).encode())
    except RecordUndecodable as failure:
        assert str(failure)


@pytest.mark.parametrize(
    ("headers", "offset"),
    [
        ((("redpanda-migrator-offset", b"\0\0\0\0\0\1\0\2"),), 65_538),
        ((("redpanda-migrator-offset", b"42"),), 42),
        ((("redpanda-migrator-offset", b"\xff" * 8),), None),
        ((("redpanda-migrator-offset", b"\0" * 7),), None),
        ((("kafka-origin-offset", b"\0\0\0\0\0\1\0\2"),), None),
        ((("kafka-origin-offset", b"7"), ("redpanda-migrator-offset", b"\0" * 7 + b"\5")), 5),
        ((("other", b"1"), ("kafka-origin-offset", b"7")), 7),
        ((("redpanda-migrator-offset", b"not a number"),), None),
        ((("redpanda-migrator-offset", None),), None),
        ((), None),
    ],
)
def test_the_source_offset_in_a_header_is_found(
    headers: tuple[tuple[str, bytes | None], ...], offset: int | None
) -> None:
    assert provenance_offset(headers) == offset
