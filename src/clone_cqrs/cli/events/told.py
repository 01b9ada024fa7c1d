"""An event as it may be shown: personal data is masked, and so is what nobody has declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from clone_cqrs.messages import DomainEvent
from clone_cqrs.messages.personal import personal_fields
from clone_cqrs.telemetry.masking import MASK


def told_event(event: DomainEvent[Any], *, unmasked: bool) -> dict[str, Any]:
    """The event in wire form."""
    told = event.to_wire()
    return told if unmasked else {**told, "payload": _masked(event.payload, told["payload"])}


def event_line(told: Mapping[str, Any]) -> str:
    """One line for people."""
    payload = json.dumps(told["payload"], ensure_ascii=False)
    aggregate = f"{told['aggregateType']}/{told['aggregateId']} v{told['version']}"
    return f"{told['position']:>8}  {told['timestamp']}  {told['eventType']}  {aggregate}  {payload}"


def _masked(value: Any, wire: Any) -> Any:
    """`wire`, which is how `value` is written, without what its class marks as personal."""
    if isinstance(value, BaseModel) and isinstance(wire, dict):
        personal = personal_fields(type(value))
        shown = dict(wire)
        for name, info in type(value).model_fields.items():
            written = info.serialization_alias or info.alias or name
            inside = getattr(value, name)
            if written in shown and inside is not None:
                shown[written] = MASK if name in personal else _inside(inside, shown[written])
        return shown
    # Without a class nothing says what is personal in it.
    return dict.fromkeys(wire, MASK) if isinstance(wire, dict) else MASK


def _inside(value: Any, wire: Any) -> Any:
    if isinstance(value, BaseModel):
        return _masked(value, wire)
    if isinstance(value, tuple | list) and isinstance(wire, list):
        return [_inside(each, written) for each, written in zip(value, wire, strict=True)]
    if isinstance(value, Mapping) and isinstance(wire, dict) and len(value) == len(wire):
        return {key: _inside(each, wire[key]) for key, each in zip(wire, value.values(), strict=True)}
    return wire
