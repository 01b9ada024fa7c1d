"""Whatever arrives, the answer is a typed outcome with a code of the documented set.

Planted bugs, each seen to fail its test: NaN let through; the depth not limited; lists not limited; the interpreter's limit on
digits let out; an empty list taken for an empty object; a field in both spellings; the rule's context quoted; pydantic's words
in a path; underscores in a UUID; violations without an end; its limit on recursion let out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.messages.shapes import NOTE_ID, drawing_bus, message

from clone_cqrs.errors import CommandValidationError

HUGE = "9" * 5_000


async def answer(data: Any) -> tuple[str, tuple[str, ...]]:
    """(code, violations) of what a message comes to; "ok" for success."""
    bus, seen = drawing_bus()
    result = await bus.execute_message(data)
    assert result.success is (result.error is None)
    assert len(seen) == (1 if result.success else 0)
    if result.error is None:
        return "ok", ()
    return result.error.code, result.error.violations if isinstance(result.error, CommandValidationError) else ()


async def test_a_whole_message_is_carried_out() -> None:
    payload = {
        "name": "n",
        "count": -(2**63),
        "weight": 1,
        "price": 1.25,
        "visible": False,
        "colour": "blue",
        "kind": "square",
        "drawnAt": "2024-02-29T12:00:00+02:00",
        "drawnOn": "2024-02-29",
        "resolution": {"width": 1, "height": 2},
        "tags": ["a"] * 1000,
        "uniqueTags": ["a", "b"],
        "sizes": [{"width": 1, "height": 2}],
        "byName": {"a": 1},
        "numberOrText": "text",
        "pin": "1234",
    }
    whole = message(payload, commandId=NOTE_ID, timestamp="2024-02-29T12:00:00Z", metadata={"a": [1, {"b": None}]})
    assert await answer(json.dumps(whole).encode()) == ("ok", ())
    assert await answer(json.dumps(whole)) == ("ok", ())
    assert await answer(whole) == ("ok", ())


async def test_both_spellings_are_read() -> None:
    snake = {
        "command_type": "shape.draw",
        "user_id": "ada",
        "command_id": NOTE_ID,
        "payload": {"shape_id": NOTE_ID, "drawn_on": "2024-02-29", "resolution": {"width": 1, "height": 2}, "by_name": {}},
    }
    assert await answer(snake) == ("ok", ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'"text"',
        b"[]",
        b"null",
        b"1",
        b'{"commandType": "shape.draw", "payload": {"weight": NaN}}',
        b'{"commandType": "shape.draw", "payload": {"weight": Infinity}}',
        b'{"commandType": "shape.draw", "payload": {"weight": -Infinity}}',
        b"\xef\xbb\xbf{}",
        b'{"commandType": "shape.draw", "userId": "\xed\xa0\x80"}',
        b"{}",
        b'{"commandType": null}',
        b'{"commandType": 1}',
        b'{"commandType": ["shape.draw"]}',
        b'{"queryType": "shape.draw"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"commandType": "shape.draw", "payload": ' + b"[" * 33 + b"]" * 33 + b"}",
        b'{"commandType": "no.such", "x": ' + b"[" * 33 + b"]" * 33 + b"}",
        json.dumps(message({"name": "x" * 1024 * 1024})).encode(),
        b" " * 1024 * 1024 + b"{}",
        {"commandType": "shape.draw", 1: 2},
        {"commandType": "shape.draw", "payload": {"a": object()}},
        {"commandType": "shape.draw", "payload": {"a": float("nan")}},
        {"commandType": "shape.draw", "payload": {"a": {1, 2}}},
        "\ud800",
    ],
    ids=lambda data: repr(data)[:50],
)
async def test_what_is_no_message_is_malformed(data: Any) -> None:
    assert await answer(data) == ("malformed", ())


@pytest.mark.parametrize("name", ["", "shape.erase", "SHAPE.DRAW", "shape.draw ", "\x00", "\ud800", "x" * 10_000])
async def test_an_unknown_type_is_unknown(name: str) -> None:
    assert await answer(message(commandType=name)) == ("unknown_command", ())
    assert await answer(json.dumps(message(commandType=name))) == ("unknown_command", ())


def payload_of(value: str) -> bytes:
    """A message whose payload is this JSON text."""
    return b'{"commandType":"shape.draw","userId":"ada","payload":' + value.encode() + b"}"


TEXT_RULE = "should be valid Unicode text without NUL"
ZONE = "should be an ISO-8601 time with a zone"

WRONG_FIELDS: list[tuple[str, Any, str, str | None]] = [
    # field, value, path of the violation, what it says (None: whatever)
    ("name", 1, "name", "should be text"),
    ("name", None, "name", "should be text"),
    ("name", "", "name", "should not be empty"),
    ("name", "x" * 51, "name", "should have at most 50 characters"),
    ("name", "a\x00b", "name", TEXT_RULE),
    ("name", "a\ud800b", "name", TEXT_RULE),
    ("name", ["a"], "name", "should be text"),
    ("count", "1", "count", "should be a number"),
    ("count", True, "count", "should be a number"),
    ("count", 1.5, "count", "should be a whole number"),
    ("count", 2**63, "count", None),
    ("count", -(2**63) - 1, "count", None),
    ("count", 1e30, "count", None),
    ("count", None, "count", "should be a number"),
    ("count", {}, "count", "should be a number"),
    ("weight", "1.0", "weight", "should be a number"),
    ("weight", False, "weight", "should be a number"),
    ("weight", 10**400, "weight", None),
    ("price", "1.0", "price", "should be a number"),
    ("price", True, "price", "should be a number"),
    ("price", 10**400, "price", None),
    ("visible", 1, "visible", "should be true or false"),
    ("visible", "true", "visible", "should be true or false"),
    ("colour", "green", "colour", "should be one of 'red' or 'blue'"),
    ("colour", 1, "colour", None),
    ("kind", "triangle", "kind", "should be one of 'round' or 'square'"),
    ("drawnAt", "2024-02-29", "drawnAt", ZONE),
    ("drawnAt", "2024-02-29T12:00:00", "drawnAt", ZONE),
    ("drawnAt", "2023-02-29T12:00:00Z", "drawnAt", ZONE),
    ("drawnAt", "2024-02-29T25:00:00Z", "drawnAt", ZONE),
    ("drawnAt", 1709208000, "drawnAt", ZONE),
    ("drawnAt", "1709208000", "drawnAt", ZONE),
    ("drawnAt", "9999-12-31T23:59:59-14:00", "drawnAt", "is out of range"),
    ("drawnAt", "0001-01-01T00:00:00+14:00", "drawnAt", "is out of range"),
    ("drawnAt", "\uff12\uff10\uff12\uff14-02-29T12:00:00Z", "drawnAt", ZONE),
    ("drawnOn", "2024-02-30", "drawnOn", "should be an ISO-8601 date"),
    ("drawnOn", "2024-02-29T00:00:00Z", "drawnOn", "should be an ISO-8601 date"),
    ("drawnOn", 0, "drawnOn", "should be an ISO-8601 date"),
    ("shapeId", "not-a-uuid", "shapeId", "should be a UUID"),
    ("shapeId", 5, "shapeId", "should be a UUID"),
    ("shapeId", NOTE_ID[:-1], "shapeId", "should be a UUID"),
    ("shapeId", "1_" + NOTE_ID.replace("-", "")[2:], "shapeId", "should be a UUID"),
    ("shapeId", None, "shapeId", "should be a UUID"),
    ("resolution", [], "resolution", "should be an object"),
    ("resolution", "wide", "resolution", "should be an object"),
    ("resolution", {"width": 1}, "resolution.height", "is required"),
    ("resolution", {"width": 0, "height": 1}, "resolution.width", "should be at least 1"),
    ("resolution", {"width": 10_001, "height": 1}, "resolution.width", "should be at most 10000"),
    ("resolution", {"width": 1, "height": 1, "depth": 1}, "resolution.depth", "is not a known field"),
    ("tags", "a", "tags", "should be a list"),
    ("tags", {"a": 1}, "tags", "should be a list"),
    ("tags", ["a"] * 1_001, "tags", "should have at most 1000 items"),
    ("tags", ["a"] * 10_000, "tags", "should have at most 1000 items"),
    ("tags", ["a", 1], "tags.1", "should be text"),
    ("tags", ["x" * 101], "tags.0", "should have at most 100 characters"),
    ("tags", ["\x00"], "tags.0", TEXT_RULE),
    ("uniqueTags", "a", "uniqueTags", "should be a list"),
    ("uniqueTags", [str(n) for n in range(1_001)], "uniqueTags", "should have at most 1000 items"),
    ("sizes", [{"width": 1, "height": 1}, {"width": 0, "height": 1}], "sizes.1.width", "should be at least 1"),
    ("byName", {"a": "b"}, "byName.a", "should be a number"),
    ("byName", [], "byName", "should be an object"),
    ("numberOrText", [], "numberOrText", None),
    ("flagOrSize", "x", "flagOrSize", None),
    ("pin", 1234, "pin", "should be text"),
    ("pin", {"a": 1}, "pin", "should be text"),
    ("unheardOf", 1, "unheardOf", "is not a known field"),
    ("un_heard", 1, "un_heard", "is not a known field"),
    ("least", 10**10, "payload", "least should not exceed most"),
]


@pytest.mark.parametrize(
    ("field", "value", "path", "says"), WRONG_FIELDS, ids=[f"{case[0]}-{repr(case[1])[:30]}" for case in WRONG_FIELDS]
)
@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "dict"])
async def test_a_field_that_does_not_fit_is_a_violation_at_its_path(
    field: str, value: Any, path: str, says: str | None, as_bytes: bool
) -> None:
    whole = message({field: value})
    code, violations = await answer(json.dumps(whole).encode() if as_bytes else whole)
    assert code == "validation_failed"
    assert {violation.partition(": ")[0] for violation in violations} == {path}
    if says is not None:
        assert violations == (f"{path}: {says}",)


ENVELOPE: list[tuple[dict[str, Any], str]] = [
    ({"userId": None}, "userId"),
    ({"userId": ""}, "userId"),
    ({"userId": "   "}, "userId"),
    ({"userId": 5}, "userId"),
    ({"userId": ["ada"]}, "userId"),
    ({"userId": "x" * 256}, "userId"),
    ({"userId": "a\x00"}, "userId"),
    ({"commandId": ""}, "commandId"),
    ({"commandId": 5}, "commandId"),
    ({"commandId": {}}, "commandId"),
    ({"commandId": "0192f0c1-2345-7000-8000-00000000000g"}, "commandId"),
    ({"commandId": "1_" + NOTE_ID.replace("-", "")[2:]}, "commandId"),
    ({"timestamp": 5}, "timestamp"),
    ({"timestamp": "yesterday"}, "timestamp"),
    ({"timestamp": "2024-02-29T12:00:00"}, "timestamp"),
    ({"timestamp": ""}, "timestamp"),
    ({"timestamp": False}, "timestamp"),
    ({"payload": None}, "payload"),
    ({"payload": []}, "payload"),
    ({"payload": ""}, "payload"),
    ({"payload": 0}, "payload"),
    ({"payload": False}, "payload"),
    ({"payload": "text"}, "payload"),
    ({"payload": [1]}, "payload"),
    ({"metadata": []}, "metadata"),
    ({"metadata": ""}, "metadata"),
    ({"metadata": 0}, "metadata"),
    ({"metadata": False}, "metadata"),
    ({"metadata": "text"}, "metadata"),
    ({"metadata": {"note": "a\x00"}}, "metadata.note"),
    ({"metadata": {"list": [0] * 1_001}}, "metadata.list"),
    ({"metadata": {"big": 10**400}}, "metadata.big"),
    ({"roles": ["admin"]}, "roles"),
    ({"command_type": "shape.rest"}, "command_type"),
    ({"user_id": "ada"}, "user_id"),
    ({"queryId": NOTE_ID}, "queryId"),
]


@pytest.mark.parametrize(("fields", "path"), ENVELOPE, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "dict"])
async def test_an_envelope_that_does_not_fit_is_a_violation(fields: dict[str, Any], path: str, as_bytes: bool) -> None:
    whole = {"commandType": "shape.rest", "userId": "ada", "payload": {}, **fields}
    code, violations = await answer(json.dumps(whole).encode() if as_bytes else whole)
    assert (code, len(violations)) == ("validation_failed", 1)
    assert violations[0].partition(": ")[0] == path


@pytest.mark.parametrize("missing", ["userId", "payload"])
async def test_what_an_envelope_must_have(missing: str) -> None:
    whole = message()
    del whole[missing]
    assert await answer(whole) == ("validation_failed", (f"{missing}: is required",))


async def test_an_actor_stands_in_for_the_messages_user_id() -> None:
    bus, seen = drawing_bus()
    whole = message(userId="mallory")
    assert (await bus.execute_message(whole, actor="ada")).success
    del whole["userId"]
    assert (await bus.execute_message(whole, actor="ada")).success
    assert [command.user_id for command in seen] == ["ada", "ada"]


async def test_all_violations_are_told_at_once_each_once() -> None:
    whole = message({"name": 1, "resolution": {"width": 0}, "unheardOf": 1}, userId="", timestamp="never", more=1)
    code, violations = await answer(whole)
    assert code == "validation_failed"
    assert sorted(violations) == [
        "more: is not a known field",
        "name: should be text",
        "resolution.height: is required",
        "resolution.width: should be at least 1",
        f"timestamp: {ZONE}",
        "unheardOf: is not a known field",
        "userId: should be text of 1 to 255 characters",
    ]


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"shapeId": NOTE_ID, "shape_id": NOTE_ID}, "shapeId"),
        ({"shapeId": NOTE_ID, "drawnOn": "2024-02-29", "drawn_on": "2024-02-29"}, "drawnOn"),
    ],
)
async def test_a_field_in_both_spellings_is_a_violation(payload: dict[str, Any], path: str) -> None:
    assert await answer(message(payload)) == ("validation_failed", (f"{path}: is given in both spellings",))


@pytest.mark.parametrize("field", ["count", "weight", "price", "name", "numberOrText", "byName"])
async def test_a_number_of_five_thousand_digits_is_out_of_range(field: str) -> None:
    value = f'{{"a":{HUGE}}}' if field == "byName" else HUGE
    for sign in ("", "-"):
        signed = value.replace("9", f"{sign}9", 1)
        code, violations = await answer(payload_of(f'{{"shapeId":"{NOTE_ID}","{field}":{signed}}}'))
        assert code == "validation_failed"
        assert {violation.partition(": ")[0] for violation in violations} == {"byName.a" if field == "byName" else field}
    whole = b'{"commandType":"shape.rest","userId":"ada","payload":{},"metadata":{"correlationId":' + HUGE.encode() + b"}}"
    assert (await answer(whole))[0] == "validation_failed"


async def test_a_float_beyond_the_largest_is_out_of_range() -> None:
    code, violations = await answer(payload_of(f'{{"shapeId":"{NOTE_ID}","weight":1e999}}'))
    assert (code, [violation.partition(": ")[0] for violation in violations]) == ("validation_failed", ["weight"])


@pytest.mark.parametrize("digits", [99, 100, 150, 300])
async def test_a_long_number_is_kept_as_it_is(digits: int) -> None:
    bus, seen = drawing_bus()
    text = "1" + "0" * (digits - 1)
    result = await bus.execute_message(payload_of(f'{{"shapeId":"{NOTE_ID}","weight":{text}}}'))
    assert result.success
    assert seen[0].payload.weight == float(text)


async def test_violations_are_bounded() -> None:
    for whole in (
        message({f"field{n}": 0 for n in range(20_000)}),
        message(**{f"field{n}": 0 for n in range(20_000)}),
        message({"sizes": [{"width": 0, "height": "x"}] * 900}),
        message({f"\x00{n}": 0 for n in range(20_000)}),
    ):
        code, violations = await answer(json.dumps(whole).encode())
        assert code == "validation_failed"
        assert 1 <= len(violations) <= 1_001


async def test_a_long_name_of_an_unknown_field_is_shortened() -> None:
    code, violations = await answer(message({"f" * 10_000: 0}))
    assert code == "validation_failed"
    assert len(violations[0]) < 200


@pytest.mark.parametrize("name", ["\x1b[31m", "a\nb", "\u202e", "\x00", "\ud800"])
async def test_the_name_of_an_unknown_field_cannot_write_to_a_terminal(name: str) -> None:
    code, violations = await answer(message({name: 0}))
    assert code == "validation_failed"
    assert all(violation.isprintable() for violation in violations)
