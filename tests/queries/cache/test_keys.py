"""Equal keys for equal questions, and for those alone."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from itertools import combinations
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from clone_cqrs.messages import Payload
from clone_cqrs.queries.cache.keys import key_function


class Colour(Enum):
    RED = "red"


class Plain(Payload):
    user_id: UUID
    tags: tuple[str, ...] = ()
    colour: Colour | None = None
    kind: Literal["a", "b"] = "a"
    page_size: int = 20


class Anything(BaseModel):
    model_config = ConfigDict(frozen=True)
    value: Any


class Loose(BaseModel):
    filters: dict[str, list[str]]


class WithSecret(Payload):
    user_id: UUID
    pin: SecretStr


class WithSecretInside(Payload):
    inside: tuple[WithSecret, ...]


def key_of(payload: BaseModel) -> Any:
    function = key_function(type(payload))
    assert function is not None
    return function(payload)


def test_equal_payloads_have_equal_keys() -> None:
    user = uuid4()
    first, second = Plain(user_id=user, tags=("x", "y")), Plain(user_id=UUID(str(user)), tags=("x", "y"))
    assert key_of(first) == key_of(second)
    assert hash(key_of(first)) == hash(key_of(second))
    assert key_of(Loose(filters={"a": ["b"]})) == key_of(Loose(filters={"a": ["b"]}))


@pytest.mark.parametrize(
    ("field", "value"), [("user_id", uuid4()), ("tags", ("x",)), ("colour", Colour.RED), ("kind", "b"), ("page_size", 21)]
)
def test_every_field_is_part_of_the_key(field: str, value: Any) -> None:
    payload = Plain(user_id=UUID(int=1))
    assert key_of(payload) != key_of(payload.model_copy(update={field: value}))


ALIKE = [
    True,
    1,
    1.0,
    Decimal(1),
    Decimal("1.0"),
    "1",
    b"1",
    (1,),
    [1],
    {1},
    frozenset({1}),
    frozenset({True}),
    {"1": 1},
    {"1": 1.0},
    Anything(value=1),
    Anything(value=True),
    0.0,
    -0.0,
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(0), "GMT")),
    date(2026, 1, 1),
    "2026-01-01",
    UUID(int=1),
    str(UUID(int=1)),
    Colour.RED,
    "red",
    None,
    "None",
]


@pytest.mark.parametrize(("one", "other"), list(combinations(ALIKE, 2)))
def test_tells_values_apart_that_python_or_json_take_for_the_same(one: Any, other: Any) -> None:
    assert key_of(Anything(value=one)) != key_of(Anything(value=other))


def test_a_payload_that_can_change_is_keyed_by_what_it_holds_now() -> None:
    payload = Loose(filters={"a": ["b"]})
    before = key_of(payload)
    payload.filters["a"].append("c")
    assert key_of(payload) != before
    assert not before.lasting


def test_remembers_the_key_only_of_a_payload_that_cannot_change() -> None:
    assert key_of(Plain(user_id=uuid4())).lasting
    assert key_of(Anything(value=(1, "a"))).lasting
    assert not key_of(Anything(value=[1])).lasting


def test_a_secret_has_no_key() -> None:
    assert key_function(WithSecret) is None
    assert key_function(WithSecretInside) is None


def test_what_it_does_not_know_has_no_key() -> None:
    with pytest.raises(TypeError, match="object"):
        key_of(Anything(value=object()))
