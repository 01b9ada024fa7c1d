"""An event as it goes over the wire to those who may see it: once written, for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sse_starlette.event import ServerSentEvent

from clone_cqrs.messages import DomainEvent
from clone_cqrs.telemetry.masking import masked_wire


class Frame(NamedTuple):
    """position: of the event; event_type; owner: its payload's user_id as text, None where it has none; text: the frame."""

    position: int
    event_type: str
    owner: str | None
    text: bytes


def frame_of(event: DomainEvent[Any]) -> Frame:
    """The frame of a logged event. Personal data in it is masked, as in a log line."""
    position = event.position or 0
    wire = event.to_wire()
    wire["payload"] = masked_wire(event.payload, wire["payload"])
    data = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    sent = ServerSentEvent(data, event=event.event_type, id=str(position), sep="\n")
    return Frame(position, event.event_type, _owner(event.payload), sent.encode())


def heartbeat(position: int) -> bytes:
    """A sign of life. It fires nothing in the caller, who learns from its id how far the log has been read for it."""
    return f": alive\nid: {position}\n\n".encode()


def _owner(payload: Any) -> str | None:
    facts = payload if isinstance(payload, Mapping) else vars(payload)
    owner = facts.get("user_id", facts.get("userId"))
    return None if owner is None else str(owner)
