"""Values as JSON has them: fields in the wire's spelling, times in UTC."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from clone_cqrs.messages.moments import wire_moment


def plain(value: Any) -> Any:
    """A value made of dataclasses, sequences, mappings and times, ready for json.dumps."""
    if is_dataclass(value):
        return {to_camel(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return wire_moment(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value
