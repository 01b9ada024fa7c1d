"""What a payload looks like, in one line: `{email: text, tier: "free" | "pro", userId?: UUID}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema

_FORMATS = {
    "uuid": "UUID",
    "date-time": "time with zone",
    "date": "date",
    "password": "secret text",
}
_TYPES = {"string": "text", "integer": "integer", "number": "number", "boolean": "true | false", "null": "null"}


def shape_of(payload_type: type[BaseModel]) -> str:
    """The fields in wire spelling, with what each may be; `?` marks those that may be left out."""
    try:
        schema = payload_type.model_json_schema(by_alias=True)
    except PydanticInvalidForJsonSchema:
        return f"{{...}} (a {payload_type.__name__})"
    return _shape(schema, schema.get("$defs", {}), frozenset())


def _shape(schema: Mapping[str, Any], definitions: Mapping[str, Any], inside: frozenset[str]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        # A type that holds itself has no end.
        return name if name in inside else _shape(definitions[name], definitions, inside | {name})
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _either([_shape(each, definitions, inside) for each in schema[several]])
    match schema.get("type"):
        case "object" if schema.get("properties"):
            required = schema.get("required", ())
            fields = (
                f"{name}{'' if name in required else '?'}: {_shape(field, definitions, inside)}"
                for name, field in schema["properties"].items()
            )
            return "{" + ", ".join(fields) + "}"
        case "object":
            return "{...}" if schema.get("additionalProperties", True) else "{}"
        case "array":
            items = _shape(schema.get("items", {}), definitions, inside)
            return f"[{items}, ...]"
        case "string":
            return _FORMATS.get(schema.get("format", ""), "text")
        case str(name):
            return _TYPES.get(name, name)
    return "any"


def _either(shapes: list[str]) -> str:
    # null is the same as leaving it out; a Decimal may be text in pydantic's schema, but not on the wire.
    told = [each for each in dict.fromkeys(shapes) if each != "null" and not (each == "text" and "number" in shapes)]
    return " | ".join(told) or "null"
