"""From a row of the log to an event."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import asyncpg
from pydantic import ValidationError
from pydantic_core import from_json

from clone_cqrs.errors import UnreadableEventError
from clone_cqrs.events.upcasting import upcast
from clone_cqrs.messages import DomainEvent, violations_of

__all__ = ["UnreadableEventError", "event_of"]


def event_of(row: Mapping[str, Any] | asyncpg.Record) -> DomainEvent[Any]:
    """The event that a row of cqrs.event holds, raised to the newest schema version of its type.

    Raises: UnreadableEventError when the payload does not fit the type's class.
    """
    event_type: str = row["event_type"]
    cls = DomainEvent.class_of(event_type)
    try:
        metadata: dict[str, Any] = from_json(row["metadata"])
        text, metadata["schema_version"] = upcast(
            event_type,
            row["payload"],
            metadata.get("schema_version", 1),
            None if cls is DomainEvent else cls.schema_version,
        )
        # Read as JSON, because a strict model takes the text of a UUID or a time from there alone.
        content: Any = (
            MappingProxyType(from_json(text)) if cls.payload_type is None else cls.payload_type.model_validate_json(text)
        )
    except UnreadableEventError as unreadable:
        raise UnreadableEventError(f"{_named(row)}: {unreadable}") from unreadable.__cause__
    except ValidationError as invalid:
        raise UnreadableEventError(f"{_named(row)} does not fit its type: {'; '.join(violations_of(invalid))}") from None
    except Exception as cause:
        # What is stored is no object, or a validator of the payload's raises what pydantic does not take for a refusal.
        raise UnreadableEventError(f"{_named(row)} cannot be read as its type ({type(cause).__name__})") from cause
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


def _named(row: Mapping[str, Any] | asyncpg.Record) -> str:
    return f"{row['event_type']} at position {row['position']}"
