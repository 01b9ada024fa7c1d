"""An event as it goes over the wire to those who may see it: once written, for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from sse_starlette.event import ServerSentEvent

from clone_cqrs.messages import DomainEvent
from clone_cqrs.messages.personal import personal_fields
from clone_cqrs.telemetry.masking import MASK


class Frame(NamedTuple):
    """position: of the event; event_type; owner: its payload's user_id as text, None where it has none; text: the frame."""

    position: int
    event_type: str
    owner: str | None
    text: bytes


def frame_of(event: DomainEvent[Any]) -> Frame:
    """The frame of a logged event. Personal data in it is masked, as in a log line."""
    position = event.position or 0
    wire = event.to_wire() | {"payload": masked_payload(event.payload)}
    data = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    sent = ServerSentEvent(data, event=event.event_type, id=str(position), sep="\n")
    return Frame(position, event.event_type, _owner(event.payload), sent.encode())


def heartbeat(position: int) -> bytes:
    """A sign of life. It fires nothing in the caller, who learns from its id how far the log has been read for it."""
    return f": alive\nid: {position}\n\n".encode()


def masked_payload(payload: Any) -> Any:
    """A payload as JSON values in wire spelling, in which every `Personal` field reads as MASK."""
    if isinstance(payload, BaseModel):
        return _masked(payload, payload.model_dump(mode="json", by_alias=True))
    return dict(payload) if isinstance(payload, Mapping) else payload


def _masked(value: Any, dumped: Any) -> Any:
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        personal = personal_fields(type(value))
        for name, info in type(value).model_fields.items():
            spelled = info.serialization_alias or info.alias or name
            if spelled in dumped and name in personal:
                dumped[spelled] = MASK
            elif spelled in dumped:
                dumped[spelled] = _masked(getattr(value, name), dumped[spelled])
        return dumped
    if isinstance(value, Mapping) and isinstance(dumped, dict):
        return {name: _masked(value.get(name), inside) for name, inside in dumped.items()}
    if isinstance(value, list | tuple) and isinstance(dumped, list):
        return [_masked(one, inside) for one, inside in zip(value, dumped, strict=True)]
    return dumped


def _owner(payload: Any) -> str | None:
    facts = payload if isinstance(payload, Mapping) else vars(payload)
    owner = facts.get("user_id", facts.get("userId"))
    return None if owner is None else str(owner)
