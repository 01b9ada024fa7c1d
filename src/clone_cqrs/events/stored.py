"""From a row of the log to an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import asyncpg
from pydantic import ValidationError

from clone_cqrs.errors import CqrsError
from clone_cqrs.events.upcasting import upcast
from clone_cqrs.messages import DomainEvent, violations_of


class UnreadableEventError(CqrsError):
    """A logged event does not fit its type. Its subscription sets it aside."""

    code = "unreadable_event"


def event_of(row: Mapping[str, Any] | asyncpg.Record) -> DomainEvent[Any]:
    """The event that a row of cqrs.event holds, raised to the newest schema version of its type.

    Raises: UnreadableEventError when the payload does not fit the type's class.
    """
    event_type: str = row["event_type"]
    metadata = json.loads(row["metadata"])
    payload = json.loads(row["payload"])
    cls = DomainEvent.class_of(event_type)
    version = metadata.get("schema_version", 1)
    try:
        payload, metadata["schema_version"] = upcast(event_type, payload, version)
        content = MappingProxyType(payload) if cls.payload_type is None else cls.payload_type.model_validate(payload)
    except ValidationError as invalid:
        raise UnreadableEventError(
            f"{event_type} at position {row['position']} does not fit its type: {'; '.join(violations_of(invalid))}"
        ) from None
    except Exception as cause:
        raise UnreadableEventError(
            f"{event_type} at position {row['position']} cannot be upcast ({type(cause).__name__})"
        ) from cause
    return cls.logged(
        event_id=row["event_id"],
        event_type=event_type,
        timestamp=row["timestamp"],
        aggregate_id=row["aggregate_id"],
        aggregate_type=row["aggregate_type"],
        version=row["version"],
        payload=content,
        metadata=MappingProxyType(metadata),
        position=row["position"],
    )
