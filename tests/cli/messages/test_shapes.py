"""The shape of a payload, in one line."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from clone_cqrs import Payload
from clone_cqrs.cli.messages.shapes import shape_of


class Inner(Payload):
    width: int
    inner: "Inner | None" = None


class Outer(Payload):
    tags: tuple[str, ...] = ()
    size: Inner
    at: datetime | None = None
    price: Decimal
    kind: Literal["a", "b"]
    either: int | bool
    free: dict[str, int] | None = None


def test_is_what_the_wire_takes() -> None:
    assert shape_of(Outer) == (
        "{tags?: [text, ...], size: {width: integer, inner?: Inner}, at?: time with zone, price: number, "
        'kind: "a" | "b", either: integer | true | false, free?: {...}}'
    )
