"""Compressed blocks that can be put together in any order into one gzip member.

Each block is raw deflate data that refers to nothing before it and ends on a byte boundary, so a body
is a header, blocks, an empty last block and a trailer. The trailer's checksum is that of all the text:

    crc(A + B) = crc(A) * x^(8 * len(B)) + crc(B)      over GF(2), modulo the CRC-32 polynomial

so that a block needs its own checksum and the factor x^(8 * len), and no byte of it is read again.
One member, because not every client reads a gzip stream of several.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_RAW_DEFLATE = -15
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_EMPTY_LAST_BLOCK = b"\x03\x00"
_INFLATED_AT_A_TIME = 1 << 16

# Polynomials are kept as in the CRC register: the highest bit is the coefficient of x^0.
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_X_TO_THE_8 = 1 << 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some compressed text; `shift` is x^(8 * length), by which the checksum before it is multiplied."""

    deflated: bytes
    length: int
    crc: int
    shift: int


def _product(left: int, right: int) -> int:
    result = 0
    coefficient = _ONE
    while coefficient:
        if left & coefficient:
            result ^= right
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
        coefficient >>= 1
    return result


def _shift(length: int) -> int:
    result, power = _ONE, _X_TO_THE_8
    while length:
        if length & 1:
            result = _product(result, power)
        power = _product(power, power)
        length >>= 1
    return result


def compressed(chunks: Iterable[str]) -> Block | None:
    """The text as one block, or None where there is none; at no time is all the text in memory."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _RAW_DEFLATE)
    deflated, length, crc = [], 0, 0
    for chunk in chunks:
        # Names are UTF-8 on the wire; a lone surrogate could only cost this series its name, not the scrape.
        text = chunk.encode("utf-8", "replace")
        deflated.append(stream.compress(text))
        length += len(text)
        crc = zlib.crc32(text, crc)
    if not length:
        return None
    deflated.append(stream.flush(zlib.Z_SYNC_FLUSH))
    return Block(deflated=b"".join(deflated), length=length, crc=crc, shift=_shift(length))


def gzip_body(blocks: Sequence[Block]) -> bytes:
    """The blocks as one gzip member."""
    crc, length = 0, 0
    for block in blocks:
        crc = _product(block.shift, crc) ^ block.crc
        length += block.length
    trailer = struct.pack("<LL", crc, length & 0xFFFFFFFF)
    return b"".join((_GZIP_HEADER, *(block.deflated for block in blocks), _EMPTY_LAST_BLOCK, trailer))


def inflated(blocks: Sequence[Block]) -> Iterator[bytes]:
    """The text of the blocks, in pieces."""
    for block in blocks:
        stream = zlib.decompressobj(_RAW_DEFLATE)
        rest = block.deflated
        while rest:
            piece = stream.decompress(rest, _INFLATED_AT_A_TIME)
            rest = stream.unconsumed_tail
            if piece:
                yield piece
