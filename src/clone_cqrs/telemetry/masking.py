"""Facts of a log line as they may be shown: secrets and personal data are masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.types import Secret

from clone_cqrs.messages.envelope import Frozen
from clone_cqrs.messages.personal import personal_fields
from clone_cqrs.telemetry.error_text import error_text

MASK: Final = "**********"
_DEEPEST: Final = 8


def masked(value: Any, depth: int = 0) -> Any:
    """The value with models and messages as plain objects, in which every secret and every `Personal` field reads as MASK.

    An error becomes its text without values. What is no model, and is in none, is what it was.
    """
    if isinstance(value, SecretStr | SecretBytes | Secret):
        return MASK
    if isinstance(value, BaseException):
        return error_text(value)
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, BaseModel):
        personal = personal_fields(type(value))
        return {name: MASK if name in personal else masked(inside, depth + 1) for name, inside in value}
    if isinstance(value, Frozen):
        return {name: masked(inside, depth + 1) for name, inside in vars(value).items() if not name.startswith("_")}
    if isinstance(value, Mapping):
        return {name: masked(inside, depth + 1) for name, inside in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(inside, depth + 1) for inside in value]
    return value


def masked_wire(value: Any, wire: Any, *, show_absent: bool = False) -> Any:
    """`wire`, which is how `value` is written in wire spelling, with MASK for every `Personal` field of its models.

    show_absent: a personal field without a value stays null. What is no model, and is in none, is what it was.
    """
    if isinstance(value, BaseModel) and isinstance(wire, dict):
        personal = personal_fields(type(value))
        shown = dict(wire)
        for name, info in type(value).model_fields.items():
            written = info.serialization_alias or info.alias or name
            inside = getattr(value, name)
            if written not in shown or (show_absent and inside is None):
                continue
            shown[written] = MASK if name in personal else masked_wire(inside, shown[written], show_absent=show_absent)
        return shown
    if isinstance(value, tuple | list) and isinstance(wire, list):
        return [masked_wire(each, written, show_absent=show_absent) for each, written in zip(value, wire, strict=True)]
    if isinstance(value, Mapping) and isinstance(wire, dict) and len(value) == len(wire):
        # By their order: a key that is no text is written otherwise.
        inside_of = zip(wire.items(), value.values(), strict=True)
        return {key: masked_wire(each, written, show_absent=show_absent) for (key, written), each in inside_of}
    return wire
