"""How many bytes a value takes, roughly: for a bound, not for a bill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import is_dataclass
from itertools import islice
from sys import getsizeof
from typing import Any
from uuid import UUID

from pydantic import BaseModel

_SAMPLE = 32
_DEPTH = 32
_UUID_BYTES = 100  # the object and its integer; it keeps them in slots, which getsizeof does not follow


def approximate_bytes(value: Any, depth: int = 0) -> int:
    """The memory that a value holds, parts included. Of a large collection a sample is looked at: the cost is bounded."""
    kind = type(value)
    if kind is UUID:
        return _UUID_BYTES
    size = getsizeof(value)
    if kind is str or value is None or depth > _DEPTH:
        return size
    if isinstance(value, BaseModel) or (is_dataclass(value) and hasattr(value, "__dict__")):
        parts: Collection[Any] = vars(value).values()
        size += getsizeof(vars(value))
    elif isinstance(value, Mapping):
        pairs = ((key, value[key]) for key in _sampled(value, len(value)))
        return size + _scaled((approximate_bytes(pair, depth + 1) for pair in pairs), len(value))
    elif isinstance(value, Collection) and not isinstance(value, (str, bytes, bytearray, range)):
        parts = value
    else:
        return size
    return size + _scaled((approximate_bytes(part, depth + 1) for part in _sampled(parts, len(parts))), len(parts))


def _sampled(parts: Iterable[Any], count: int) -> Iterable[Any]:
    return islice(parts, 0, None, -(-count // _SAMPLE)) if count > _SAMPLE else parts


def _scaled(sizes: Iterable[int], count: int) -> int:
    looked_at = list(sizes)
    return sum(looked_at) * count // len(looked_at) if looked_at else 0
