"""Which values can be handed to many callers: those that nobody can change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal
from uuid import UUID

import asyncpg
from pydantic import BaseModel

ATOMS: frozenset[type] = frozenset(
    {type(None), bool, int, float, complex, str, bytes, Decimal, Fraction, date, datetime, time, timedelta}
    | {UUID, asyncpg.pgproto.pgproto.UUID}  # the driver's own, too
    | {IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network}
    | {PurePosixPath, PureWindowsPath, re.Pattern, range}
)
"""Types without parts, by exact class: a subclass can carry attributes of its own."""

_Kind = Literal["atom", "model", "dataclass", "items", "other"]


def is_immutable(value: Any) -> bool:
    """Whether the value, with everything inside it, cannot be changed by who holds it.

    Looks at the value, not at its declared type: a model made without validation (`model_construct`) holds whatever it was
    given, for instance the lists that the driver makes of arrays.
    """
    # A stack of our own: answers are of any depth.
    stack = [value]
    while stack:
        item = stack.pop()
        kind = _kind_of(type(item))
        if kind == "atom":
            continue
        if kind == "items":
            stack.extend(item)
        elif kind == "model":
            # Unknown fields are kept in a dict, and private attributes may be set.
            if item.__pydantic_extra__ or item.__pydantic_private__:
                return False
            stack.extend(item.__dict__.values())
        elif kind == "dataclass":
            stack.extend(getattr(item, field.name) for field in fields(item))
        else:
            return False
    return True


def _kind(cls: type) -> _Kind:
    if cls in ATOMS or issubclass(cls, Enum):
        return "atom"
    if cls is tuple or cls is frozenset or cls is asyncpg.Record or (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        return "items"
    if issubclass(cls, BaseModel):
        return "model" if cls.model_config.get("frozen") and not _computes_later(cls) else "other"
    if is_dataclass(cls) and cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return "dataclass"
    return "other"


def _computes_later(cls: type) -> bool:
    # What a cached_property returns is kept in the value from its first use on, and can be anything.
    return any(isinstance(member, cached_property) for base in cls.__mro__ for member in vars(base).values())


_kind_of: Callable[[type], _Kind] = lru_cache(maxsize=4096)(_kind)
