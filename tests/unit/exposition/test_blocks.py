import gzip

from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_mirror_exporter.exposition.blocks import compressed, gzip_body, inflated


@given(texts=st.lists(st.text(max_size=200), max_size=8))
@settings(deadline=None)
def test_blocks_put_together_are_a_valid_gzip_of_their_texts(texts: list[str]) -> None:
    blocks = [block for block in (compressed([text]) for text in texts) if block is not None]

    # gzip.decompress checks the checksum and the length of the whole.
    assert gzip.decompress(gzip_body(blocks)).decode() == "".join(texts)
    assert b"".join(inflated(blocks)).decode() == "".join(texts)


def test_blocks_may_be_put_together_in_any_order_and_more_than_once() -> None:
    a, b = compressed(["abc" * 1000]), compressed(["abcd" * 1000])

    assert gzip.decompress(gzip_body([b, a, b])).decode() == "abcd" * 1000 + "abc" * 1000 + "abcd" * 1000


def test_no_text_is_no_block() -> None:
    assert compressed([]) is None
    assert compressed([""]) is None
