"""From bytes to lines."""

import tracemalloc
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clone_cqrs.cli.importing.lines import Line, read_lines

LIMIT = 10


async def lines_of(chunks: Sequence[bytes], limit: int = LIMIT) -> list[Line]:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [line async for line in read_lines(source(), limit_bytes=limit)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"one\ntwo\n", [(1, b"one"), (2, b"two")]),
        (b"one\ntwo", [(1, b"one"), (2, b"two")]),
        (b"one\r\ntwo\r\n", [(1, b"one"), (2, b"two")]),
        (b"one\rtwo", [(1, b"one\rtwo")]),
        (b"\n\none\n \t \r\ntwo\n\n", [(3, b"one"), (5, b"two")]),
        (b"\xef\xbb\xbfone\n\xef\xbb\xbftwo", [(1, b"one"), (2, b"\xef\xbb\xbftwo")]),
        (b"\xef\xbb\xbf\n", []),
        (b"\x00\n\xff\n", [(1, b"\x00"), (2, b"\xff")]),
        (b"0123456789\n01234567890\n", [(1, b"0123456789"), (2, None)]),
        (b"\xef\xbb\xbf0123456789\r\n", [(1, b"0123456789")]),
        (b"0123456789\r\r\n", [(1, None)]),
        (b"x" * 100, [(1, None)]),
        (b" " * 100 + b"\none", [(1, None), (2, b"one")]),
    ],
)
async def test_tells_lines_by_their_ends(text: bytes, lines: list[tuple[int, bytes | None]]) -> None:
    assert await lines_of([text]) == lines


@given(
    text=st.lists(st.sampled_from([b"\n", b"\r", b" ", b"{}", b"x" * 7, b"\xef\xbb\xbf", b"\x00"]), max_size=40).map(b"".join),
    cuts=st.lists(st.integers(0, 300), max_size=10),
)
async def test_reads_the_same_whatever_the_chunks(text: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert await lines_of(chunks) == await lines_of([text])


async def test_never_holds_more_than_the_limit_and_a_chunk() -> None:
    chunk, limit = b"x" * 64 * 1024, 1024 * 1024
    tracemalloc.start()
    lines = await lines_of([chunk] * 320 + [b"\nend\n"], limit)  # 20 MiB in one line
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == [(1, None), (2, b"end")]
    assert peak < 4 * limit
