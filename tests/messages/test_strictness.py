"""What a Payload takes in Python, and what it keeps.

Planted bugs, each seen to fail its test: pydantic's lax mode; lists kept as lists; Decimals written as text.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, ValidationError

from clone_cqrs.messages import Payload, violations_of

ID = UUID("0192f0c1-2345-7000-8000-000000000001")
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


class Leaf(Payload):
    text: str | None = None
    whole: int | None = None
    bounded: Annotated[int, Field(ge=0, le=2**40)] | None = None
    real: float | None = None
    exact: Decimal | None = None
    flag: bool | None = None
    identity: UUID | None = None
    moment: datetime | None = None
    day: date | None = None
    hour: time | None = None
    lasting: timedelta | None = None
    items: list[int] | None = None
    fixed: tuple[int, str] | None = None
    unique: set[int] | None = None


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", "a", "a"),
    ("whole", 1, 1),
    ("whole", 1.0, 1),
    ("whole", 2**63 - 1, 2**63 - 1),
    ("bounded", 2**40, 2**40),
    ("real", 1, 1.0),
    ("real", 1.5, 1.5),
    ("exact", 1.1, Decimal("1.1")),
    ("exact", Decimal("1.10"), Decimal("1.10")),
    ("exact", 10, Decimal(10)),
    ("flag", True, True),
    ("identity", ID, ID),
    ("identity", str(ID).upper(), ID),
    ("identity", ID.hex, ID),
    ("moment", NOON, NOON),
    ("moment", "2024-02-29T12:00Z", NOON),
    ("moment", "2024-02-29T14:00:00.000+02:00", NOON),
    ("moment", "2024-02-29 12:00:00z", NOON),
    ("day", date(2024, 2, 29), date(2024, 2, 29)),
    ("day", "2024-02-29", date(2024, 2, 29)),
    ("hour", "12:30", time(12, 30)),
    ("lasting", "PT1H", timedelta(hours=1)),
    ("items", [1, 2], (1, 2)),
    ("items", (1, 2), (1, 2)),
    ("fixed", [1, "a"], (1, "a")),
    ("unique", [1, 1, 2], frozenset({1, 2})),
]

REFUSED: list[tuple[str, Any]] = [
    ("text", 1),
    ("text", b"a"),
    ("text", "a\x00"),
    ("text", "\ud800"),
    ("whole", "1"),
    ("whole", True),
    ("whole", 1.5),
    ("whole", 2**63),
    ("whole", -(2**63) - 1),
    ("whole", Decimal("1.5")),
    ("bounded", -1),
    ("bounded", 2**40 + 1),
    ("real", "1"),
    ("real", float("nan")),
    ("real", float("inf")),
    ("real", True),
    ("exact", "1.1"),
    ("exact", Decimal("NaN")),
    ("exact", Decimal("Infinity")),
    ("exact", Decimal("1.12345678901234567890")),
    ("exact", False),
    ("flag", 1),
    ("flag", "yes"),
    ("identity", 1),
    ("identity", "x"),
    ("identity", ID.bytes),
    ("moment", datetime(2024, 2, 29)),
    ("moment", "2024-02-29T12:00:00"),
    ("moment", 0),
    ("moment", date(2024, 2, 29)),
    ("moment", datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))),
    ("day", NOON),
    ("day", 0),
    ("hour", 5),
    ("lasting", 5),
    ("items", "12"),
    ("items", {1: 2}),
    ("items", list(range(1001))),
    ("fixed", [1]),
    ("unique", list(range(1001))),
    ("unique", "12"),
]


@pytest.mark.parametrize(("field", "given", "kept"), TAKEN, ids=lambda value: repr(value)[:30])
def test_takes_what_json_or_python_means_by_it(field: str, given: Any, kept: Any) -> None:
    found = getattr(Leaf.model_validate({field: given}), field)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(("field", "given"), REFUSED, ids=lambda value: repr(value)[:30])
def test_refuses_what_json_could_not_mean(field: str, given: Any) -> None:
    with pytest.raises(ValidationError):
        Leaf.model_validate({field: given})


@pytest.mark.parametrize(("field", "given", "kept"), TAKEN, ids=lambda value: repr(value)[:30])
def test_is_written_in_wire_form_and_read_again(field: str, given: Any, kept: Any) -> None:
    leaf = Leaf.model_validate({field: given})
    wire = leaf.model_dump_json(by_alias=True)
    assert Leaf.model_validate(json.loads(wire)) == leaf


def test_a_decimal_is_a_number_on_the_wire() -> None:
    assert json.loads(Leaf(exact=Decimal("1.10")).model_dump_json(exclude_none=True)) == {"exact": 1.1}
    assert Leaf(exact=Decimal("7.00")).model_dump_json(exclude_none=True) == '{"exact":7}'


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="not permitted"):
        Leaf.model_validate({"unheard_of": 1})


def test_is_frozen() -> None:
    leaf = Leaf(text="a")
    with pytest.raises(ValidationError):
        leaf.text = "b"


def test_its_own_error_hides_the_input() -> None:
    with pytest.raises(ValidationError) as raised:
        Leaf.model_validate({"whole": "Zq7-MARKER"})
    assert "MARKER" not in str(raised.value)


def test_a_subclass_is_as_strict() -> None:
    class More(Leaf):
        again: int

    with pytest.raises(ValidationError):
        More.model_validate({"again": "1"})
    with pytest.raises(ValidationError):
        More.model_validate({"again": 1, "whole": "1"})


def test_a_payload_inside_a_payload_is_as_strict() -> None:
    class Outer(Payload):
        leaf: Leaf
        leaves: tuple[Leaf, ...] = ()

    with pytest.raises(ValidationError):
        Outer.model_validate({"leaf": {"whole": "1"}})
    with pytest.raises(ValidationError):
        Outer.model_validate({"leaf": {}, "leaves": [{"whole": True}]})


def test_a_field_in_pythons_spelling_is_named_in_the_wires() -> None:
    class Inner(Payload):
        deep_field: int

    class Outer(Payload):
        wide_field: Inner

    with pytest.raises(ValidationError) as refused:
        Outer.model_validate({"wide_field": {"deep_field": "x", "unknown_field": 1}})
    assert violations_of(refused.value, Outer) == [
        "wideField.deepField: should be a number",
        "wideField.unknown_field: is not a known field",
    ]
