"""DomainEvent: a fact, named in the past, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Self, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel

from clone_cqrs.errors import CommandValidationError
from clone_cqrs.messages.envelope import (
    NO_METADATA,
    Frozen,
    checked_identifier,
    checked_metadata,
    checked_payload,
    checked_timestamp,
    type_arguments,
)
from clone_cqrs.messages.identifiers import uuid7
from clone_cqrs.messages.json_values import is_storable, violations_of_json
from clone_cqrs.messages.moments import wire_moment
from clone_cqrs.messages.secrets import secret_fields

EP = TypeVar("EP")


class DomainEvent(Frozen, Generic[EP]):
    """An event with a payload of type EP; also without a class of its own, with a plain object as payload.

        class UserRenamed(DomainEvent[RenameUser], type="user.renamed", aggregate="user", tables=("users",)): ...
        DomainEvent(event_type="user.renamed", aggregate_type="user", aggregate_id="42", payload={"name": "Ada"})

    event_id: UUIDv7; timestamp: the command's, when a handler emits it without one of its own; aggregate_id: text;
    version: the next of its aggregate, given by the log, or stated and then checked; metadata: correlation_id, causation_id
    (the command's id), schema_version (that of the type's class, unless stated); position: its place in the log, once logged.
    `tables` (class): what its write changes.
    """

    type_name: ClassVar[str | None] = None
    aggregate_name: ClassVar[str | None] = None
    payload_type: ClassVar[type[BaseModel] | None] = None
    tables: ClassVar[tuple[str, ...]] = ()
    schema_version: ClassVar[int] = 1

    event_id: UUID
    event_type: str
    timestamp: datetime
    aggregate_id: str
    aggregate_type: str
    version: int | None
    payload: EP
    metadata: Mapping[str, Any]
    position: int | None

    def __init_subclass__(
        cls,
        *,
        type: str | None = None,
        aggregate: str | None = None,
        tables: tuple[str, ...] | None = None,
        schema_version: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        arguments = type_arguments(cls, DomainEvent)
        if arguments and isinstance(arguments[0], _CLASS) and issubclass(arguments[0], BaseModel):
            cls.payload_type = arguments[0]
            secret = secret_fields(arguments[0])
            if secret:
                raise TypeError(f"{cls.__name__}: secret fields cannot be part of an event: {', '.join(sorted(secret))}")
        if type is not None:
            cls.type_name = type
            _classes[type] = cls
        if aggregate is not None:
            cls.aggregate_name = aggregate
        if tables is not None:
            cls.tables = tuple(tables)
        if schema_version is not None:
            cls.schema_version = schema_version

    def __init__(
        self,
        *,
        aggregate_id: str | UUID,
        payload: EP | Mapping[str, Any],
        event_type: str | None = None,
        aggregate_type: str | None = None,
        event_id: UUID | str | None = None,
        timestamp: datetime | None = None,
        version: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        position: int | None = None,
    ) -> None:
        cls = type(self)
        name, aggregate = event_type or cls.type_name, aggregate_type or cls.aggregate_name
        if not name or not aggregate:
            raise TypeError(f"{cls.__name__}: an event needs a type and an aggregate, from its class or from its arguments")
        if (cls.type_name or name) != name or (cls.aggregate_name or aggregate) != aggregate:
            raise TypeError(f"{cls.__name__}: type {name!r} of {aggregate!r} differs from the class's")
        wrong: list[str] = []
        content: Any
        if cls.payload_type is not None:
            content, wrong = checked_payload(payload, cls.payload_type)
        elif isinstance(payload, BaseModel):
            secret = secret_fields(type(payload))
            if secret:
                raise TypeError(f"{name}: secret fields cannot be part of an event: {', '.join(sorted(secret))}")
            content = payload
        else:
            wrong = violations_of_json(payload, secrets=False)
            content = MappingProxyType(dict(cast(Mapping[str, Any], payload)))
        if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 1):
            wrong.append("version: should be at least 1")
        identity = str(aggregate_id)
        if not 0 < len(identity) <= 255 or not is_storable(identity):
            wrong.append("aggregateId: should be text of 1 to 255 characters")
        facts = {
            "event_id": uuid7() if event_id is None else checked_identifier(event_id, "event", wrong),
            "event_type": name,
            "timestamp": datetime.now(UTC) if timestamp is None else checked_timestamp(timestamp, wrong),
            "aggregate_id": identity,
            "aggregate_type": aggregate,
            "version": version,
            "payload": content,
            "metadata": NO_METADATA if metadata is None else checked_metadata(metadata, wrong),
            "position": position,
            "_timestamp_given": timestamp is not None,
        }
        if wrong:
            raise CommandValidationError([f"{name}: {found}" for found in wrong])
        self.__dict__.update(facts)

    @classmethod
    def class_of(cls, event_type: str) -> type[DomainEvent[Any]]:
        """The class that was declared for a type, or DomainEvent itself, whose payloads are plain objects."""
        return _classes.get(event_type, DomainEvent)

    @classmethod
    def logged(cls, **facts: Any) -> Self:
        """An event as the log gives it back: all attributes, checked when it was written."""
        event = object.__new__(cls)
        facts["_timestamp_given"] = True
        object.__setattr__(event, "__dict__", facts)
        return event

    def with_facts(self, **facts: Any) -> Self:
        """A copy with some attributes replaced; used by the log and by the bus, which know them."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, **facts)
        return copy

    def placed(self, position: int, version: int) -> Self:
        """This very event, with its place in the log filled in: for a copy that nobody else has yet (see caused_by)."""
        self.__dict__.update(position=position, version=version)
        return self

    def caused_by(
        self, *, timestamp: datetime, causation_id: str, correlation_id: str, trace: Mapping[str, Any] = NO_METADATA
    ) -> Self:
        """A copy that names the command behind it and its trace, and bears its time unless the handler gave another."""
        own = self.metadata
        metadata = {
            **trace,
            **own,
            "correlation_id": str(own.get("correlation_id", correlation_id)),
            "causation_id": str(own.get("causation_id", causation_id)),
            "schema_version": own["schema_version"] if "schema_version" in own else self.written_version(),
        }
        facts = self.__dict__
        copy = object.__new__(type(self))
        copy.__dict__.update(
            facts,
            metadata=MappingProxyType(metadata),
            timestamp=facts["timestamp"] if facts["_timestamp_given"] else timestamp,
            _timestamp_given=True,
        )
        return copy

    def written_version(self) -> int:
        """The schema version that its payload is taken to have: its type's newest, also where it is made without the class."""
        cls = type(self)
        return cls.schema_version if cls.type_name is not None else cls.class_of(self.event_type).schema_version

    def wire_payload(self) -> Any:
        """The payload as JSON values in wire spelling."""
        payload: Any = self.payload
        return payload.model_dump(mode="json", by_alias=True) if isinstance(payload, BaseModel) else dict(payload)

    def to_wire(self) -> dict[str, Any]:
        """The wire form, ready for `json.dumps`."""
        return {
            "eventId": str(self.event_id),
            "eventType": self.event_type,
            "timestamp": wire_moment(self.timestamp),
            "aggregateId": self.aggregate_id,
            "aggregateType": self.aggregate_type,
            "version": self.version,
            "payload": self.wire_payload(),
            "metadata": {_WIRE_METADATA.get(name, name): value for name, value in self.metadata.items()},
            "position": self.position,
        }


_CLASS = type
_classes: dict[str, type[DomainEvent[Any]]] = {}
_WIRE_METADATA = {"correlation_id": "correlationId", "causation_id": "causationId", "schema_version": "schemaVersion"}
