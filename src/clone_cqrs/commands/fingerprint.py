"""The fingerprint of a payload: equal for the same command given twice, whatever the spelling and the order of its fields."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.types import Secret


def fingerprint_of(payload: BaseModel) -> bytes:
    """SHA-256 of the payload's canonical wire JSON: sorted keys, no white space, no secret fields, no nulls.

    A field that is absent and one that is null say the same, so that a payload type may gain an optional field.
    """
    excluded = secret_paths(payload)
    wire = payload.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=excluded or None)
    canonical = json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode("utf-8")).digest()


def secret_paths(value: Any) -> dict[Any, Any]:
    """What `exclude` takes to leave out every secret inside a model, by name."""
    found: dict[Any, Any] = {}
    members = value.__dict__.items() if isinstance(value, BaseModel) else _items(value)
    for name, member in members:
        if isinstance(member, (SecretStr, SecretBytes, Secret)):
            found[name] = True
        elif isinstance(member, (BaseModel, dict, tuple)):
            inside = secret_paths(member)
            if inside:
                found[name] = inside
    return found


def _items(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else enumerate(value)
