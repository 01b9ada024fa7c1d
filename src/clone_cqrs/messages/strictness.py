"""The wire's strictness, written into a model's core schema: what JSON cannot mean is refused, what it means is kept exactly.

pydantic's lax mode takes "5" for 5 and 1 for true; its strict mode refuses the text of a UUID or a time. Neither is JSON's
own reading, so the leaves of the schema are wrapped once, when a class is made, and cost nothing where they do not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

MAX_ITEMS = 1_000
_MARK = "clone_cqrs_strict"
_BIGINT = 2**63 - 1
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def strict_wire_schema(schema: CoreSchema) -> CoreSchema:
    """The schema with every leaf held to the wire's rules. Schemas that were through here already are left as they are."""
    return cast(CoreSchema, _walk(cast(dict[str, Any], schema)))


def _walk(node: dict[str, Any]) -> dict[str, Any]:
    metadata = node.get("metadata") or {}
    if metadata.get(_MARK):
        return node
    changed = dict(node)
    for key, value in node.items():
        if key in ("metadata", "serialization"):
            continue
        changed[key] = _walk_value(value)
    if node.get("type") == "union":
        # pydantic would name the member in the path of an error; the wire has no such name (see path_of).
        members = [choice[0] if isinstance(choice, tuple) else choice for choice in node["choices"]]
        changed["choices"] = [(_walk(member), "function-member") for member in members]
    transform = _LEAVES.get(node.get("type", ""))
    if transform is not None:
        changed = transform(changed)
    changed["metadata"] = {**(changed.get("metadata") or {}), _MARK: True}
    return changed


def _walk_value(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            return _walk(value)
        return {key: _walk_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk_value(item) if isinstance(item, dict) else item for item in value]
    return value


def _before(check: Callable[[Any], Any], node: dict[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], core_schema.no_info_before_validator_function(check, cast(CoreSchema, node)))


def _after(check: Callable[[Any], Any], node: dict[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], core_schema.no_info_after_validator_function(check, cast(CoreSchema, node)))


def _sealed(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "metadata": {**(node.get("metadata") or {}), _MARK: True}}


def _only(kinds: tuple[type, ...], refused: tuple[type, ...], error: str, text: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, kinds) or isinstance(value, refused):
            raise PydanticCustomError(error, cast(Any, text))
        return value

    return check


_number = _only((int, float, Decimal), (bool,), "number_type", "should be a number")
_uuid = _only((str, UUID), (), "uuid_type", "should be a UUID")


def _storable(value: str) -> str:
    if "\x00" in value:
        raise PydanticCustomError("nul_character", "should not contain the character NUL")
    if not value.isascii() and _SURROGATE.search(value):
        raise PydanticCustomError("string_unicode", "should be valid Unicode text")
    return value


def _json_number(value: Decimal) -> Decimal:
    # On the wire a Decimal is a JSON number, which readers hold as a double: what would not survive that is refused here,
    # not rounded silently on the way out.
    if Decimal(repr(float(value))) != value:
        raise PydanticCustomError("decimal_digits", "has more digits than a JSON number carries")
    return value


def _as_json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _DATETIME.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_zone", "should be an ISO-8601 time with a zone")


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "is out of range") from None


def _day(value: Any) -> Any:
    if (isinstance(value, date) and not isinstance(value, datetime)) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "should be an ISO-8601 date")


def _text_leaf(node: dict[str, Any]) -> dict[str, Any]:
    return _after(_storable, _sealed({**node, "strict": True}))


def _int_leaf(node: dict[str, Any]) -> dict[str, Any]:
    bounds: dict[str, int] = {}
    if "ge" not in node and "gt" not in node:
        bounds["ge"] = -_BIGINT - 1
    if "le" not in node and "lt" not in node:
        bounds["le"] = _BIGINT
    return _before(_number, _sealed({**node, **bounds}))


def _float_leaf(node: dict[str, Any]) -> dict[str, Any]:
    return _before(_number, _sealed({**node, "allow_inf_nan": False}))


def _decimal_leaf(node: dict[str, Any]) -> dict[str, Any]:
    sealed = _sealed({**node, "allow_inf_nan": False})
    sealed["serialization"] = core_schema.plain_serializer_function_ser_schema(
        _as_json_number,
        when_used="json",
        return_schema=core_schema.union_schema([core_schema.int_schema(), core_schema.float_schema()]),
    )
    outer = _after(_json_number, _before(_number, sealed))
    # A serializer is looked up on the outermost schema only.
    outer["serialization"] = sealed["serialization"]
    return outer


def _datetime_leaf(node: dict[str, Any]) -> dict[str, Any]:
    return _after(_utc, _before(_moment, _sealed({**node, "tz_constraint": "aware"})))


def _tuple_leaf(node: dict[str, Any]) -> dict[str, Any]:
    return {"max_length": MAX_ITEMS, **node} if "variadic_item_index" in node else node


def _list_leaf(node: dict[str, Any]) -> dict[str, Any]:
    # A frozen message must not hold a list that its holder can change.
    item = node.get("items_schema", core_schema.any_schema())
    kept = {key: value for key, value in node.items() if key in ("min_length", "max_length", "ref", "serialization")}
    return {"type": "tuple", "items_schema": [item], "variadic_item_index": 0, "max_length": MAX_ITEMS, **kept}


def _set_leaf(node: dict[str, Any]) -> dict[str, Any]:
    return {"max_length": MAX_ITEMS, **node, "type": "frozenset"}


_LEAVES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "str": _text_leaf,
    "int": _int_leaf,
    "float": _float_leaf,
    "decimal": _decimal_leaf,
    "bool": lambda node: {**node, "strict": True},
    "uuid": lambda node: _before(_uuid, _sealed(node)),
    "datetime": _datetime_leaf,
    "date": lambda node: _before(_day, _sealed(node)),
    "time": lambda node: _before(_only((str, time), (), "time_type", "should be an ISO-8601 time"), _sealed(node)),
    "timedelta": lambda node: _before(
        _only((str, timedelta), (), "duration_type", "should be an ISO-8601 duration"), _sealed(node)
    ),
    "list": _list_leaf,
    "tuple": _tuple_leaf,
    "set": _set_leaf,
}
