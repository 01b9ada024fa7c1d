"""Lists a page at a time: the cursor is the place of the last row seen, so that rows that come and go move nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from clone_cqrs.domain.fields import Cursor, PageSize
from clone_cqrs.domain.rows import row_as
from clone_cqrs.errors import QueryValidationError
from clone_cqrs.messages import Page, Payload, Query

M = TypeVar("M", bound=BaseModel)

_PLACE: Final = Struct(">q16s")
_SEAL_BYTES: Final = 12  # with the place, a multiple of three: no padding
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class ListPayload(Payload):
    """What every list takes. cursor: `next_cursor` of the page before, of the same query with the same filters."""

    page_size: PageSize = 20
    cursor: Cursor | None = None


class Place(NamedTuple):
    """Where a page begins: after the row with this time and id; at the list's beginning without."""

    moment: datetime | None
    id: UUID | None


def place_of(query: Query[Any, Any]) -> Place:
    """The place that the query's cursor says. Raises: QueryValidationError for one that is damaged, or of another list."""
    cursor = query.payload.cursor
    if cursor is None:
        return Place(None, None)
    try:
        content = urlsafe_b64decode(cursor.encode("ascii"))
        packed, seal = content[: _PLACE.size], content[_PLACE.size :]
        if seal != _seal(query, packed) or urlsafe_b64encode(content).decode("ascii") != cursor:
            raise ValueError
        microseconds, identity = _PLACE.unpack(packed)
        return Place(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=identity))
    except (ValueError, OverflowError):
        raise QueryValidationError(["cursor: is damaged, or belongs to another query"]) from None


def page_of(query: Query[Any, Page[M]], rows: list[asyncpg.Record], model: type[M], moment: str) -> Page[M]:
    """The page that these rows make: one more than page_size, when there is a page after it, each with `id` and `moment`."""
    size = query.payload.page_size
    items = tuple(row_as(model, row) for row in rows[:size])
    following = None
    if len(rows) > size:
        last = rows[size - 1]
        packed = _PLACE.pack((last[moment] - _EPOCH) // _MICROSECOND, last["id"].bytes)
        following = urlsafe_b64encode(packed + _seal(query, packed)).decode("ascii")
    page: type[Page[M]] = query.result_type
    return page.model_construct(items=items, next_cursor=following)


def _seal(query: Query[Any, Any], packed: bytes) -> bytes:
    # Binds the place to the query's type and to all of its payload that is not about the page itself. It guards against
    # mistakes; whoever forges one sees no more than the list, from another place on.
    filters = query.payload.model_dump_json(exclude={"page_size", "cursor"})
    return sha256(f"{query.query_type}\n{filters}\n".encode() + packed).digest()[:_SEAL_BYTES]
