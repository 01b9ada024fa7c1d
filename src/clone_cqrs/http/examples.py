"""An example of a payload, made from its JSON Schema: of the right shape, for a reader to fill in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

_TEXTS = {
    "uuid": "0198c0de-0000-7000-8000-000000000001",
    "date-time": "2026-03-01T12:00:00Z",
    "date": "2026-03-01",
    "password": "correct horse battery",
}
_MAX_DEPTH = 8


def example_of(model: type[BaseModel]) -> Any:
    """An example with the required fields, or with all of them where the model has a rule that asks for more.

    The fields' own examples are taken, where they are declared (`Field(examples=...)`).
    """
    schema = model.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    least = _Example(definitions, everything=False).of(schema)
    try:
        model.model_validate_json(json.dumps(least))
    except (ValidationError, ValueError):
        return _Example(definitions, everything=True).of(schema)
    return least


@dataclass(frozen=True)
class _Example:
    """everything: also the fields that are optional."""

    definitions: dict[str, Any]
    everything: bool

    def of(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        if depth > _MAX_DEPTH:
            return None
        if "$ref" in schema:
            return self.of(self.definitions[schema["$ref"].rpartition("/")[2]], name, depth + 1)
        own = schema.get("examples") or schema.get("enum") or [schema[key] for key in ("const", "default") if schema.get(key)]
        if own:
            return own[0]
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if choices:
            return self.of(choices[0], name, depth + 1)
        match schema.get("type"):
            case "object":
                members = schema.get("properties", {})
                wanted = members if self.everything else [each for each in schema.get("required", []) if each in members]
                return {each: self.of(members[each], each, depth + 1) for each in wanted}
            case "array":
                items = schema.get("items") or (schema.get("prefixItems") or [None])[0]
                return [] if items is None else [self.of(items, name, depth + 1)] * max(1, schema.get("minItems", 0))
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "string":
                return _text(schema, name)
        return None


def _number(schema: dict[str, Any]) -> float:
    low: float = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    high: float = schema.get("maximum", 1)
    return max(low, min(1, high))


def _text(schema: dict[str, Any], name: str) -> str:
    if "email" in name.lower():
        return "ada@example.com"
    text = _TEXTS.get(schema.get("format", ""), name or "text")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
