"""Values that a field must refuse, made from the JSON Schema of its payload."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Wrong = tuple[Any, str]
"""A value, and the path below the field at which it is wrong."""

OF_EACH_KIND: Mapping[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 5,
    "number": 5.5,
    "string": "a text",
    "array": ["a text"],
    "object": {"key": "a text"},
}


def wrong_values(schema: Schema, definitions: Schema) -> Iterator[Wrong]:
    """Values that do not fit `schema`, each with where it is wrong (a dotted path, empty for the value itself)."""
    nodes = [_resolved(node, definitions) for node in schema.get("anyOf", [schema])]
    # pydantic says of a Decimal that text will do; on the wire it will not.
    kinds = {node["type"] for node in nodes} - ({"string"} if "number" in {node["type"] for node in nodes} else set())
    if "default" in schema:
        kinds |= {"null"}
    for kind, value in OF_EACH_KIND.items():
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            yield value, ""
    for node in nodes:
        if node["type"] in kinds and node["type"] in _WRONG:
            yield from _WRONG[node["type"]](node, definitions)


def _resolved(node: Schema, definitions: Schema) -> Schema:
    reference = node.get("$ref")
    return node if reference is None else definitions[reference.rpartition("/")[2]]


def _text(node: Schema, _definitions: Schema) -> Iterator[Wrong]:
    yield "", ""
    yield "a\x00b", ""
    if node.get("format") == "date-time":
        # A day, no zone, no such day, no time, seconds since 1970.
        for text in ("2026-03-01", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z", "noon", "1772366400"):
            yield text, ""
    elif "maxLength" in node:
        yield "\ud800", ""
        yield "a" * (node["maxLength"] + 1), ""
        yield "a" * (node.get("minLength", 1) - 1), ""
        yield " \t\n", ""
    else:
        yield "no such value", ""


def _number(node: Schema, _definitions: Schema) -> Iterator[Wrong]:
    yield "5", ""
    yield -1, ""
    yield 10**30, ""
    for limit, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if limit in node:
            yield int(node[limit]) + step, ""


def _array(node: Schema, definitions: Schema) -> Iterator[Wrong]:
    yield ["a text"] * 1_001, ""
    if node.get("minItems"):
        yield [], ""
    for value, path in wrong_values(node["items"], definitions):
        yield ["a text", value], ".1" + path


def _object(node: Schema, definitions: Schema) -> Iterator[Wrong]:
    fitting = dict.fromkeys(node["properties"], 5)
    yield {**fitting, "unknown": 5}, ".unknown"
    for name, schema in node["properties"].items():
        yield {other: value for other, value in fitting.items() if other != name}, f".{name}"
        for value, path in wrong_values(schema, definitions):
            yield {**fitting, name: value}, f".{name}{path}"


_WRONG = {"string": _text, "integer": _number, "number": _number, "array": _array, "object": _object}
