"""Violations: what is wrong with a message, as `path: what is wrong`, made from field and rule, never from the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

MAX_VIOLATIONS = 1_000
"""More than this tells nobody more, and a hostile message could ask for a million."""

_MAX_SEGMENT = 100

# Sentences by pydantic's error type. `{name}` is filled from the error's context: limits and choices of the rule, which come
# from the declaration, never from the input. A type that is not here says only that the value is not valid.
_SENTENCES: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "both_spellings": "is given in both spellings",
    "string_type": "should be text",
    "string_unicode": "should be valid Unicode text",
    "string_too_short": "should have at least {min_length} characters",
    "string_too_long": "should have at most {max_length} characters",
    "string_pattern_mismatch": "should match the pattern {pattern}",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_parsing_size": "is out of range",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "finite_number": "should be a finite number",
    "decimal_type": "should be a number",
    "decimal_parsing": "should be a number",
    "decimal_max_digits": "should have at most {max_digits} digits",
    "decimal_max_places": "should have at most {decimal_places} decimal places",
    "decimal_whole_digits": "should have at most {whole_digits} digits before the point",
    "greater_than": "should be greater than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "less_than": "should be less than {lt}",
    "less_than_equal": "should be at most {le}",
    "multiple_of": "should be a multiple of {multiple_of}",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "uuid_type": "should be a UUID",
    "uuid_parsing": "should be a UUID",
    "uuid_version": "should be a UUID of version {expected_version}",
    "datetime_type": "should be an ISO-8601 time with a zone",
    "datetime_parsing": "should be an ISO-8601 time with a zone",
    "datetime_from_date_parsing": "should be an ISO-8601 time with a zone",
    "datetime_object_invalid": "should be an ISO-8601 time with a zone",
    "timezone_aware": "should have a time zone",
    "date_type": "should be an ISO-8601 date",
    "date_parsing": "should be an ISO-8601 date",
    "date_from_datetime_parsing": "should be an ISO-8601 date",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "set_type": "should be a list",
    "frozen_set_type": "should be a list",
    "too_short": "should have at least {min_length} items",
    "too_long": "should have at most {max_length} items",
    "dict_type": "should be an object",
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "mapping_type": "should be an object",
    "none_required": "should be null",
    "enum": "should be one of {expected}",
    "literal_error": "should be one of {expected}",
}
# Raised by our own schema rules: their text is a constant of this package.
_OWN = frozenset(
    {"number_type", "nul_character", "decimal_digits", "datetime_zone", "datetime_range", "time_type", "duration_type"}
)


def violations_of(error: ValidationError, model: type[BaseModel] | None = None, *, root: str = "payload") -> list[str]:
    """All violations of one failed validation, in the order of the fields. Rules over several fields stand under `root`.

    model: what was validated. A field given in Python's spelling is named in the wire's, if the model has one.
    """
    found = []
    respell = None if model is None else model.model_config.get("alias_generator")
    details = error.errors(include_url=False, include_input=False)
    for detail in details[:MAX_VIOLATIONS]:
        kind, context = detail["type"], detail.get("ctx", {})
        location: tuple[int | str, ...] = detail["loc"]
        if kind == "both_spellings":
            location = (*location, context["field"])
        if callable(respell):
            # An unknown field keeps the name that it was sent under.
            known = len(location) - (kind == "extra_forbidden")
            spelled = [respell(part) if isinstance(part, str) else part for part in location[:known]]
            location = (*spelled, *location[known:])
        found.append(f"{path_of(location, root)}: {_sentence(kind, context, detail['msg'])}")
    return found


def _sentence(kind: str, context: Mapping[str, Any], own_message: str) -> str:
    if kind in ("value_error", "assertion_error"):
        # The text of a rule that the payload's author wrote.
        return str(context["error"]) or "is not valid"
    if kind in _OWN:
        return own_message
    template = _SENTENCES.get(kind)
    if template is None:
        return "is not valid"
    sentence = template.format_map(context)
    if kind in ("string_too_short", "too_short") and context.get("min_length") == 1:
        return "should not be empty"
    return sentence


def path_of(location: tuple[int | str, ...], root: str = "payload") -> str:
    """The dotted path in wire spelling; `root` where the location is the whole message part."""
    # Union members and function steps are pydantic's own words in the location: brackets tell them.
    segments = [_segment(part) for part in location if not (isinstance(part, str) and part.startswith("function-"))]
    return ".".join(segments) or root


def _segment(part: int | str) -> str:
    text = str(part)
    if len(text) > _MAX_SEGMENT:
        text = text[:_MAX_SEGMENT] + "…"
    # An unknown field's name comes from outside: control characters and lone surrogates must not reach a log or a terminal.
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
