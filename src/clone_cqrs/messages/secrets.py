"""Which fields of a type are secret: they never leave the process that received them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.types import Secret


@lru_cache(maxsize=1024)
def secret_fields(of: Any) -> frozenset[str]:
    """Dotted names of the secret fields anywhere inside a type: models, dataclasses, named tuples, unions, containers."""
    return frozenset(_search(of, "", frozenset()))


def _search(annotation: Any, path: str, seen: frozenset[Any]) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, (SecretStr, SecretBytes, Secret)):
        return [path or annotation.__name__]
    found: list[str] = []
    for argument in get_args(annotation):
        found += _search(argument, path, seen)
    if isinstance(annotation, type) and annotation not in seen:
        inside = seen | {annotation}
        for name, member in _members(annotation).items():
            found += _search(member, f"{path}.{name}" if path else name, inside)
    return found


def _members(cls: type) -> dict[str, Any]:
    if issubclass(cls, BaseModel):
        return {name: info.annotation for name, info in cls.model_fields.items()}
    if is_dataclass(cls):
        hints = get_type_hints(cls)
        return {field.name: hints[field.name] for field in fields(cls)}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return get_type_hints(cls)
    if hasattr(cls, "__total__"):  # a TypedDict
        return get_type_hints(cls)
    return {}
