"""What commands and queries have in common: an id, a type, a time, an actor, a payload, metadata. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, cast, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ValidationError

from clone_cqrs.errors import MalformedMessageError, MessageValidationError
from clone_cqrs.messages.identifiers import uuid7
from clone_cqrs.messages.json_values import is_storable, violations_of_json
from clone_cqrs.messages.moments import wire_moment
from clone_cqrs.messages.violations import violations_of

MAX_USER_ID = 255
NO_METADATA: Mapping[str, Any] = MappingProxyType({})

P = TypeVar("P", bound=BaseModel)
R = TypeVar("R")


class Frozen:
    """A value whose attributes are set once, by its `__init__`. Equal to another of its class with equal attributes."""

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def _facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._facts() == self._facts() if isinstance(other, Frozen) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # metadata and payloads need not be hashable; ids are

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts().items())
        return f"{type(self).__name__}({facts})"


def type_arguments(cls: type, base: type) -> tuple[Any, ...]:
    """The arguments that `cls` gives `base` in its class statement, or () where it names none itself."""
    for original in cls.__dict__.get("__orig_bases__", ()):
        origin = get_origin(original)
        if isinstance(origin, type) and issubclass(origin, base):
            return get_args(original)
    return ()


def checked_payload(payload: Any, payload_type: type[BaseModel]) -> tuple[BaseModel | None, list[str]]:
    """The payload as `payload_type`, or None with what is wrong with it."""
    if isinstance(payload, payload_type):
        return payload, []
    if not isinstance(payload, Mapping):
        return None, [f"payload: should be an object, or a {payload_type.__name__}"]
    try:
        return payload_type.model_validate(dict(payload)), []
    except ValidationError as invalid:
        return None, violations_of(invalid, payload_type)


def checked_identifier(value: UUID | str | None, name: str, wrong: list[str]) -> UUID:
    """The UUID that `value` is or spells, a new one (version 7) for None; what is wrong goes to `wrong`, under `name`Id."""
    if value is None:
        return uuid7()
    if isinstance(value, UUID):
        return value
    try:
        if "_" in value:
            raise ValueError  # Python reads underscores between digits
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        wrong.append(f"{name}Id: should be a UUID")
        return uuid7()


def checked_timestamp(value: datetime | None, wrong: list[str]) -> datetime:
    """`value` in UTC, or now; what is wrong goes to `wrong`."""
    if value is None:
        return datetime.now(UTC)
    if not isinstance(value, datetime) or value.tzinfo is None:
        wrong.append("timestamp: should be a time with a zone")
        return datetime.now(UTC)
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def checked_user_id(value: str | UUID, wrong: list[str]) -> str:
    """The actor as text; what is wrong goes to `wrong`."""
    text = str(value) if isinstance(value, UUID) else value
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_USER_ID or not is_storable(text):
        wrong.append(f"userId: should be text of 1 to {MAX_USER_ID} characters")
        return ""
    return text


def checked_metadata(value: Mapping[str, Any] | None, wrong: list[str]) -> Mapping[str, Any]:
    """A read-only copy of the metadata; what is wrong goes to `wrong`."""
    if value is None:
        return NO_METADATA
    if not isinstance(value, Mapping):
        wrong.append("metadata: should be an object")
        return NO_METADATA
    if not value:
        return NO_METADATA
    try:
        wrong.extend(f"metadata.{found}" for found in violations_of_json(value, depth=2))
    except MalformedMessageError as malformed:
        wrong.append(f"metadata: {malformed}")
    return MappingProxyType(dict(value))


class Envelope(Frozen, Generic[P, R]):
    """The common half of Command and Query: what a subclass declares, and how an instance is filled."""

    type_name: ClassVar[str]
    payload_type: ClassVar[type[BaseModel]]
    result_type: ClassVar[Any]
    kind: ClassVar[str]
    """"command" or "query": the prefix of the id and of the type."""
    validation_error: ClassVar[type[MessageValidationError]]

    timestamp: datetime
    user_id: str
    payload: P
    metadata: Mapping[str, Any]

    def __init_subclass__(cls, *, type: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        arguments = type_arguments(cls, Envelope)
        if arguments and not isinstance(arguments[0], TypeVar):
            cls.payload_type, cls.result_type = arguments
        if type is not None:
            cls.type_name = type

    def _fill(
        self,
        payload: P | Mapping[str, Any],
        user_id: str | UUID,
        identifier: UUID | str | None,
        timestamp: datetime | None,
        metadata: Mapping[str, Any] | None,
    ) -> None:
        cls = type(self)
        kind = cls.kind
        type_name = getattr(cls, "type_name", None)
        payload_type = getattr(cls, "payload_type", None)
        if type_name is None or payload_type is None:
            base = kind.capitalize()
            raise TypeError(f'{cls.__name__}: declare it as class {cls.__name__}({base}[Payload, Result], type="...")')
        fitting, wrong = checked_payload(payload, payload_type)
        facts = {
            # Nothing to check in what is most often left out.
            f"{kind}_id": uuid7() if identifier is None else checked_identifier(identifier, kind, wrong),
            f"{kind}_type": type_name,
            "timestamp": datetime.now(UTC) if timestamp is None else checked_timestamp(timestamp, wrong),
            "user_id": checked_user_id(user_id, wrong),
            "payload": cast(P, fitting),
            "metadata": NO_METADATA if metadata is None else checked_metadata(metadata, wrong),
        }
        if wrong:
            raise cls.validation_error(wrong)
        self.__dict__.update(facts)

    def to_wire(self) -> dict[str, Any]:
        """The wire form, ready for `json.dumps`. Secret fields are masked."""
        facts = self.__dict__
        return {
            f"{self.kind}Id": str(facts[f"{self.kind}_id"]),
            f"{self.kind}Type": facts[f"{self.kind}_type"],
            "timestamp": wire_moment(self.timestamp),
            "userId": self.user_id,
            "payload": self.payload.model_dump(mode="json", by_alias=True),
            "metadata": dict(self.metadata),
        }
