"""A replay answers what was answered: data of the same type and value, the first timestamp and token.

Planted bugs, each seen to fail its test: today's timestamp; no token; data stored that cannot be read again; a set written in
the order of this process.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import new_class
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError
from tests.commands.notes import Kept, WriteNote, note_bus, write_note

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, CommandResult, Page, Payload
from clone_cqrs.postgres import Database

REPOSITORY = Path(__file__).parents[2]


class Colour(Enum):
    RED = "red"


class Inner(Payload):
    price: Decimal
    at: datetime


class Nested(Payload):
    one: Inner
    many: tuple[Inner, ...]
    by_name: dict[str, Inner]
    maybe: Inner | None
    unique: frozenset[str]
    colour: Colour
    long_name_of_a_field: int


class Plain(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str
    when: datetime


@dataclass(frozen=True)
class Pair:
    left: int
    right: Decimal


MOMENT = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
INNER = Inner(price=Decimal("1.10"), at=MOMENT)
NESTED = Nested(
    one=INNER,
    many=(INNER, INNER),
    by_name={"b": INNER, "a": INNER},
    maybe=None,
    unique=frozenset({"x", "y", "z"}),
    colour=Colour.RED,
    long_name_of_a_field=2**63 - 1,
)


@pytest.mark.parametrize(
    ("result_type", "value"),
    [
        (Decimal, Decimal("1.10")),
        (Decimal, Decimal("12345678901234567890.123456789012345678901234567890")),
        (datetime, MOMENT),
        (date, date(2024, 2, 29)),
        (timedelta, timedelta(days=1, microseconds=1)),
        (UUID, UUID("0192f0c1-2345-7000-8000-000000000001")),
        (int, 10**30),
        (float, 0.1 + 0.2),
        (float, 1e300),
        (bool, True),
        (str, "ü\u2028\U0001f600\\u0000"),
        (type(None), None),
        (bytes, b"bytes"),
        (Colour, Colour.RED),
        (tuple[int, ...], (1, 2)),
        (list[Decimal], [Decimal("0.00"), Decimal("-1")]),
        (dict[str, int], {"b": 1, "a": 2}),
        (dict[UUID, date], {UUID(int=1): date(2000, 1, 1)}),
        (frozenset[int], frozenset({3, 1, 2})),
        (int | None, None),
        (Inner, INNER),
        (Nested, NESTED),
        (tuple[Nested, ...], (NESTED, NESTED)),
        (Page[Inner], Page[Inner](items=(INNER,), next_cursor="c")),
        (Plain, Plain(name="x", when=MOMENT)),
        (Pair, Pair(1, Decimal("2.50"))),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_data_comes_back_as_it_was(database: Database, kept: Kept, result_type: Any, value: Any) -> None:
    command_class: Any = new_class("SayCommand", (Command[WriteNote, result_type],), {"type": "note.say"})
    bus = CommandBus(database=database)

    @bus.handles(command_class, policy=anyone)
    async def say(_command: Any) -> CommandResult[Any]:
        return CommandResult(True, value)

    command = command_class(payload={"note_id": uuid4(), "text": "milk"}, user_id="ada")
    first = await bus.execute(command)
    again = await bus.execute(command)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.data == value
    assert again.data == value
    assert type(again.data) is type(value)


async def test_the_rest_of_the_outcome_is_the_first_ones(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    command = write_note()
    first = await bus.execute(command)
    await bus.execute(write_note())
    again = await bus.execute(command)
    assert (again.success, again.error, again.events, again.replayed) == (True, None, (), True)
    assert (again.timestamp, again.token) == (first.timestamp, first.token)
    assert again.timestamp.tzinfo is UTC
    assert again.data == first.data


async def test_data_of_another_type_than_declared_is_a_bug_and_not_stored(database: Database, kept: Kept) -> None:
    async def other(_command: Any) -> CommandResult[Any]:
        return CommandResult(True, {"something": "else"})

    bus, _ = note_bus(database, other)
    with pytest.raises(PydanticSerializationError):
        await bus.execute(write_note())
    assert await kept.counts() == (0, 0, 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_data_that_json_cannot_say_is_a_bug_and_not_stored(database: Database, kept: Kept, value: float) -> None:
    class MeasureCommand(Command[WriteNote, float], type="note.measure"): ...

    bus = CommandBus(database=database)

    @bus.handles(MeasureCommand, policy=anyone)
    async def measure(_command: MeasureCommand) -> float:
        return value

    command = MeasureCommand(payload={"note_id": uuid4(), "text": "milk"}, user_id="ada")
    with pytest.raises(TypeError, match="survive"):
        await bus.execute(command)
    assert await kept.counts() == (0, 0, 0)


PRINT_FINGERPRINTS = """
from tests.commands.test_replay import tagged_payloads
from clone_cqrs.commands.fingerprint import fingerprint_of
for payload in tagged_payloads():
    print(fingerprint_of(payload).hex())
"""


class Tagged(Payload):
    tags: frozenset[str]


class PlainTagged(BaseModel):
    model_config = ConfigDict(frozen=True)
    tags: frozenset[str]
    inner: tuple[Tagged, ...] = ()


def tagged_payloads() -> list[BaseModel]:
    tags = frozenset(f"tag {n}" for n in range(20))
    return [Tagged(tags=tags), PlainTagged(tags=tags), PlainTagged(tags=frozenset(), inner=(Tagged(tags=tags),))]


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    """The order of a set differs between processes; what it says does not."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_FINGERPRINTS],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
