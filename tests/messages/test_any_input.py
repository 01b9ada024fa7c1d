"""Hypothesis feeds the reader: nothing is raised, the outcome is typed, the input is never repeated, the process lives.

Planted bugs, each seen to fail its test: the interpreter's limit on digits let out; the input in a message; the cause kept in
an error's chain.
"""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.messages.shapes import NOTE_ID, Shape, drawing_bus, message

from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import CommandResult

CODES = {"malformed", "unknown_command", "validation_failed"}
PROFILE = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

texts = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates and NUL included
numbers = st.integers() | st.integers(min_value=2, max_value=400).map(lambda n: -(10**n)) | st.floats()
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=20
)
wire_names = st.sampled_from([field.alias or name for name, field in Shape.model_fields.items()] + list(Shape.model_fields))
envelope_names = st.sampled_from(
    ["commandType", "commandId", "userId", "timestamp", "payload", "metadata", "command_id", "user_id"]
)


async def outcome(data: Any) -> CommandResult[Any]:
    bus, seen = drawing_bus()
    result = await bus.execute_message(data)
    assert result.success is (result.error is None) is (len(seen) == 1)
    if result.error is not None:
        assert result.error.code in CODES
        assert type(result.error).answered or result.error.code == "unknown_command"
        for violation in getattr(result.error, "violations", ()):
            assert ": " in violation
            assert violation.isprintable()
    return result


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@PROFILE
@given(st.binary(max_size=200))
async def test_any_bytes(data: bytes) -> None:
    result = await outcome(data)
    assert result.error is not None
    assert result.error.code == "malformed" or data.lstrip()[:1] == b"{"


@PROFILE
@given(values)
@example(10**400)
async def test_any_json(value: Any) -> None:
    await outcome(dumped(value))
    if isinstance(value, dict):
        await outcome(value)


@PROFILE
@given(st.dictionaries(wire_names | texts, values, max_size=6), st.dictionaries(envelope_names | texts, values, max_size=3))
async def test_any_values_in_known_fields(payload: dict[str, Any], envelope: dict[str, Any]) -> None:
    whole = message(payload, **envelope)
    await outcome(dumped(whole))
    await outcome(whole)


@PROFILE
@given(st.integers(min_value=1, max_value=40), st.sampled_from(["[", '{"a":']), st.sampled_from(["payload", "metadata"]))
async def test_any_depth(depth: int, opening: str, field: str) -> None:
    nested = opening * depth + "1" + ("]" if opening == "[" else "}") * depth
    data = f'{{"commandType":"shape.rest","userId":"ada","payload":{{}},"{field}":{{"a":{nested}}}}}'
    if field == "payload":
        data = data.replace('"payload":{},', "", 1)
    result = await outcome(data)
    too_deep = depth + 2 > 32
    assert (result.error is not None and result.error.code == "malformed") is too_deep


@PROFILE
@given(st.integers(min_value=-(10**20), max_value=10**20) | st.floats(allow_nan=False, allow_infinity=False))
async def test_a_number_is_kept_exactly_or_refused(number: float) -> None:
    for field in ("count", "weight", "price"):
        bus, seen = drawing_bus()
        result = await bus.execute_message(dumped(message({field: number})))
        if result.success:
            kept = getattr(seen[0].payload, field)
            assert kept == number if field == "count" else float(kept) == float(number)


MARKER = "Zq7-MARKER-7qZ"


def said_by(error: CqrsError) -> str:
    """Everything that an error can tell somebody who logs it."""
    chain = error.__cause__, error.__context__
    return " ".join(
        [str(error), repr(error), repr(error.__dict__), *traceback.format_exception(error), *(str(link) for link in chain)]
    )


SHAPES_OF_A_VALUE: list[Any] = [
    MARKER,
    f"{MARKER}\x00",
    f"{MARKER}\ud800",
    MARKER * 100,
    [MARKER],
    [MARKER] * 2_000,
    {"a": MARKER},
    {"width": MARKER, "height": MARKER},
    [{"width": MARKER}],
    [[MARKER]],
]


@pytest.mark.parametrize("value", SHAPES_OF_A_VALUE, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "dict"])
async def test_no_error_repeats_a_value(value: Any, as_bytes: bool) -> None:
    names = {field.alias or name for name, field in Shape.model_fields.items()}
    wholes = [message({name: value}) for name in [*sorted(names), "unheardOf"]]
    wholes += [message(**{name: value}) for name in ("commandId", "userId", "timestamp", "payload", "metadata", "more")]
    wholes += [message(dict.fromkeys(names, value)), message(dict.fromkeys(names, value), userId=value, commandId=value)]
    refused = 0
    for whole in wholes:
        result = await outcome(dumped(whole) if as_bytes else whole)
        if result.error is not None:
            refused += 1
            assert MARKER not in said_by(result.error)
    assert refused > len(wholes) / 2


@pytest.mark.parametrize(
    "data",
    [
        f'{{"commandType": "shape.draw", "x": {MARKER}}}'.encode(),
        f'{{"commandType": "shape.draw", "{MARKER}'.encode(),
        MARKER.encode(),
        MARKER.encode() + b"\xff",
        f'["{MARKER}"]'.encode(),
    ],
)
async def test_no_malformed_message_is_repeated(data: bytes) -> None:
    result = await outcome(data)
    assert result.error is not None
    assert MARKER not in said_by(result.error)


async def test_building_a_message_repeats_no_value_either() -> None:
    from tests.messages.shapes import DrawCommand

    for value in SHAPES_OF_A_VALUE:
        with pytest.raises(CqrsError) as raised:
            DrawCommand(payload={"shape_id": NOTE_ID, "count": value, "pin": value}, user_id="ada")
        assert MARKER not in said_by(raised.value)
