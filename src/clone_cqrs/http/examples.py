"""An example of a payload, made from its JSON Schema: of the right shape, for a reader to fill in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_TEXTS = {
    "uuid": "0198c0de-0000-7000-8000-000000000001",
    "date-time": "2026-03-01T12:00:00Z",
    "date": "2026-03-01",
    "password": "correct horse battery",
}
_MAX_DEPTH = 8


def example_of(model: type[BaseModel]) -> Any:
    """An example with the required fields; the model's own, where it declares one (`json_schema_extra`)."""
    schema = model.model_json_schema(mode="validation")
    return _example(schema, schema.get("$defs", {}), "", 0)


def _example(schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return None
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions, name, depth + 1)
    for given in (schema.get("examples"), schema.get("enum"), [schema[key] for key in ("const", "default") if key in schema]):
        if given:
            return given[0]
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return _example(choices[0], definitions, name, depth + 1)
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            members = schema.get("properties", {})
            return {key: _example(members[key], definitions, key, depth + 1) for key in required if key in members}
        case "array":
            wanted = max(1, schema.get("minItems", 0)) if "items" in schema else 0
            return [_example(schema["items"], definitions, name, depth + 1) for _ in range(wanted)]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "string":
            return _text(schema, name)
    return None


def _number(schema: dict[str, Any]) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    return max(low, min(1, schema.get("maximum", 1)))  # type: ignore[no-any-return]


def _text(schema: dict[str, Any], name: str) -> str:
    if "email" in name.lower():
        return "ada@example.com"
    text = _TEXTS.get(schema.get("format", ""), name or "text")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
