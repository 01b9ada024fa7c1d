"""An event as it may be shown: personal data is masked, and so is what nobody has declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from clone_cqrs.messages import DomainEvent
from clone_cqrs.telemetry.masking import MASK, masked_wire


def told_event(event: DomainEvent[Any], *, unmasked: bool) -> dict[str, Any]:
    """The event in wire form."""
    told = event.to_wire()
    return told if unmasked else {**told, "payload": _masked(event.payload, told["payload"])}


def event_line(told: Mapping[str, Any]) -> str:
    """One line for people."""
    payload = json.dumps(told["payload"], ensure_ascii=False)
    aggregate = f"{told['aggregateType']}/{told['aggregateId']} v{told['version']}"
    return f"{told['position']:>8}  {told['timestamp']}  {told['eventType']}  {aggregate}  {payload}"


def _masked(payload: Any, wire: Any) -> Any:
    if isinstance(payload, BaseModel):
        return masked_wire(payload, wire, show_absent=True)
    # Without a class nothing says what is personal in it.
    return dict.fromkeys(wire, MASK)
