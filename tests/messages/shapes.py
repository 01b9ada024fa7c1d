"""A message with a field of every kind, and a bus that takes it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, SecretStr, model_validator

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, Payload

NOTE_ID = "0192f0c1-2345-7000-8000-000000000001"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(Payload):
    width: Annotated[int, Field(ge=1, le=10_000)]
    height: int


class Shape(Payload):
    shape_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=50)] = "a name"
    count: int = 0
    weight: float = 0.0
    price: Decimal = Decimal(0)
    visible: bool = True
    colour: Colour = Colour.RED
    kind: Literal["round", "square"] = "round"
    drawn_at: datetime | None = None
    drawn_on: date | None = None
    resolution: Size | None = None
    tags: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    unique_tags: frozenset[str] = frozenset()
    sizes: tuple[Size, ...] = ()
    by_name: dict[str, int] = Field(default_factory=dict)
    number_or_text: int | str = 0
    flag_or_size: bool | Size = True
    pin: SecretStr | None = None
    least: int = 0
    most: int = 10**9

    @model_validator(mode="after")
    def _in_order(self) -> Shape:
        if self.least > self.most:
            raise ValueError("least should not exceed most")
        return self


class Empty(Payload):
    """Nothing is required: whatever is no object must still be refused."""

    remark: str | None = None


class DrawCommand(Command[Shape, str], type="shape.draw"): ...


class RestCommand(Command[Empty, str], type="shape.rest"): ...


def drawing_bus() -> tuple[CommandBus, list[Any]]:
    """A bus without a database, and the commands that its handlers have seen."""
    bus = CommandBus()
    seen: list[Any] = []

    async def draw(command: DrawCommand) -> str:
        seen.append(command)
        return "drawn"

    async def rest(command: RestCommand) -> str:
        seen.append(command)
        return "rested"

    bus.handles(DrawCommand, policy=anyone)(draw)
    bus.handles(RestCommand, policy=anyone)(rest)
    return bus, seen


def message(payload: dict[str, Any] | None = None, /, **envelope: Any) -> dict[str, Any]:
    """A valid message in wire form, with these fields of payload and envelope on top."""
    return {
        "commandType": "shape.draw",
        "userId": "ada",
        "payload": {"shapeId": NOTE_ID, **(payload or {})},
        **envelope,
    }
