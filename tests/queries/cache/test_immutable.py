"""Whether a value can be handed to many callers."""

from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr

from clone_cqrs.messages import Page, Payload
from clone_cqrs.queries.cache.immutable import is_immutable


class Profile(Payload):
    name: str
    tags: tuple[str, ...] = ()
    more: Any = None


class Open(BaseModel):
    name: str = "x"


class Extra(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")
    name: str = "x"


class Private(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = "x"
    _seen: list[str] = PrivateAttr(default_factory=list)


class Later(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = "x"

    @cached_property
    def letters(self) -> list[str]:
        return list(self.name)


@dataclass(frozen=True)
class Point:
    x: Any


@dataclass
class Movable:
    x: Any


class Row(NamedTuple):
    values: Any


class Text(str):
    """A text that can carry attributes."""


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        "text",
        b"bytes",
        Decimal("1.5"),
        uuid4(),
        datetime.now(UTC),
        (1, ("a", None)),
        frozenset({1}),
        Profile(name="Ada", tags=("a",)),
        Profile(name="Ada", more=(1, 2)),
        Page[Profile](items=(Profile(name="Ada"),)),
        Point((1, 2)),
        Row((1, 2)),
        Pair(1, 2),
        Extra(),
    ],
)
def test_shares_what_nobody_can_change(value: Any) -> None:
    assert is_immutable(value)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        set(),
        bytearray(),
        ([],),
        Profile(name="Ada", more=[1]),
        Profile(name="Ada", more=(1, {"a": 1})),
        Profile.model_construct(name="Ada", tags=["from", "the", "driver"]),
        Page[Any](items=({"a": 1},)),
        Open(),
        Extra.model_validate({"more": 1}),
        Private(),
        Later(),
        Point([1]),
        Movable(1),
        Row([1]),
        Text("a"),
        object(),
        iter(()),
    ],
)
def test_does_not_share_what_somebody_could(value: Any) -> None:
    assert not is_immutable(value)


def test_looks_through_any_depth() -> None:
    value: Any = []
    for _ in range(10_000):
        value = (value,)
    assert not is_immutable(value)
