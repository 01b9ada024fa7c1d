"""From bytes to lines: of any length, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r"


class Line(NamedTuple):
    """number: its place in the file, from 1; text: without its line end, or None where it is longer than the limit."""

    number: int
    text: bytes | None


async def read_lines(chunks: AsyncIterator[bytes], *, limit_bytes: int) -> AsyncIterator[Line]:
    """The lines that hold something. Ended by LF or CR LF, the last one by the end of the file as well.

    Blank lines are left out, but numbered; a byte order mark at the start of the file is dropped. Of a line over the limit no
    more than limit and one chunk are in memory at any time.
    """
    number, held, too_long = 1, b"", False
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            line = _line(number, held + piece, too_long, limit_bytes)
            if line is not None:
                yield line
            number, held, too_long = number + 1, b"", False
        if too_long or len(held) + len(rest) > limit_bytes + len(BYTE_ORDER_MARK) + 1:
            held, too_long = b"", True
        else:
            held += rest
    line = _line(number, held, too_long, limit_bytes)
    if line is not None:
        yield line


def _line(number: int, text: bytes, too_long: bool, limit_bytes: int) -> Line | None:
    if number == 1:
        text = text.removeprefix(BYTE_ORDER_MARK)
    text = text.removesuffix(b"\r")
    if too_long or len(text) > limit_bytes:
        return Line(number, None)
    return Line(number, text) if text.strip(_BLANK) else None
