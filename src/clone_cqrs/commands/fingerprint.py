"""The fingerprint of a payload: equal for the same command given twice, whatever the spelling and the order of its fields."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from types import NoneType
from typing import Any
from uuid import UUID

from pydantic import BaseModel, PlainSerializer, RootModel, SecretBytes, SecretStr, WrapSerializer
from pydantic.types import Secret
from pydantic_core import to_json

_SECRETS = (SecretStr, SecretBytes, Secret)
_FLAT = frozenset({str, int, bool, UUID})
# Most members are one of these, and telling that first is quicker than asking pydantic's classes whether they are theirs.
_LEAVES = frozenset({str, int, float, bool, NoneType, UUID, datetime, Decimal})


def fingerprint_of(payload: BaseModel) -> bytes:
    """SHA-256 of the payload's canonical wire JSON: sorted keys, sorted sets, no white space, no secret fields, no nulls.

    A field that is absent and one that is null say the same, so that a payload type may gain an optional field.
    """
    flat = _flat_json(payload)
    if flat is not None:
        return sha256(flat).digest()
    excluded = secret_paths(payload)
    wire = payload.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=excluded or None)
    return sha256(_canonical(_sorted_sets(payload, wire)).encode("utf-8")).digest()


def _flat_json(payload: BaseModel) -> bytes | None:
    """The same JSON, written in one go, of a payload that holds nothing but texts, ids and whole numbers; None for others."""
    keys = _keys_in_order(type(payload))
    if keys is None:
        return None
    facts = payload.__dict__
    wire = {}
    for name, key in keys:
        member = facts[name]
        kind = type(member)
        if kind in _FLAT:
            wire[key] = member
        elif kind is not NoneType and kind is not SecretStr:
            return None
    return to_json(wire)


@lru_cache(maxsize=1024)
def _keys_in_order(cls: type[BaseModel]) -> tuple[tuple[str, str], ...] | None:
    """A model's fields with their keys on the wire, in the order of the keys; None where it is written in a way of its own."""
    decorators = cls.__pydantic_decorators__
    if decorators.field_serializers or decorators.model_serializers or cls.model_computed_fields or issubclass(cls, RootModel):
        return None
    if cls.model_config.get("extra") == "allow" or any(
        field.exclude or any(isinstance(fact, (PlainSerializer, WrapSerializer)) for fact in field.metadata)
        for field in cls.model_fields.values()
    ):
        return None
    keys = ((name, field.serialization_alias or field.alias or name) for name, field in cls.model_fields.items())
    return tuple(sorted(keys, key=lambda pair: pair[1]))


def secret_paths(value: Any) -> dict[Any, Any]:
    """What `exclude` takes to leave out every secret inside a model, by name."""
    found: dict[Any, Any] = {}
    members = value.__dict__.items() if isinstance(value, BaseModel) else _items(value)
    for name, member in members:
        if type(member) in _LEAVES:
            continue
        if isinstance(member, _SECRETS):
            found[name] = True
        elif isinstance(member, (BaseModel, dict, tuple, list)):
            inside = secret_paths(member)
            if inside:
                found[name] = inside
    return found


def _items(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else enumerate(value)


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def _sorted_sets(value: Any, wire: Any) -> Any:
    """The wire form with the members of sets in one order: Python's own differs from process to process."""
    if isinstance(value, (frozenset, set)) and isinstance(wire, list):
        return sorted(wire, key=_canonical)
    if isinstance(value, BaseModel) and isinstance(wire, dict):
        for name, member in value.__dict__.items():
            if type(member) not in _LEAVES and isinstance(member, _CONTAINERS) and name in type(value).model_fields:
                fields = type(value).model_fields
                key = fields[name].serialization_alias or fields[name].alias or name
                if key in wire:
                    wire[key] = _sorted_sets(member, wire[key])
    elif isinstance(value, dict) and isinstance(wire, dict):
        for key, member in value.items():
            if isinstance(member, _CONTAINERS) and key in wire:
                wire[key] = _sorted_sets(member, wire[key])
    elif isinstance(value, (tuple, list)) and isinstance(wire, list):
        kept = [member for member in value if not isinstance(member, _SECRETS)]
        if len(kept) == len(wire):
            return [_sorted_sets(member, item) for member, item in zip(kept, wire, strict=True)]
    return wire


_CONTAINERS = (BaseModel, dict, tuple, list, frozenset, set)
