"""Payload: the base of what a message carries. Frozen, camelCase on the wire, strict about numbers, text and times."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError

from clone_cqrs.messages.strictness import strict_wire_schema

_T = TypeVar("_T")


class PersonalData:
    """Marks a field as personal data: logs mask it, and it can later be erased from a log that cannot be rewritten."""


Personal: TypeAlias = Annotated[_T, PersonalData()]
"""`email: Personal[str]` declares personal data where the payload is declared."""


class WireModel(BaseModel):
    """A frozen pydantic model in the wire's spelling: camelCase out, both spellings in, Decimals as JSON numbers."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    _respelled: ClassVar[tuple[tuple[str, str], ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        fields: dict[str, FieldInfo] = cls.model_fields
        cls._respelled = tuple((name, info.alias) for name, info in fields.items() if info.alias not in (None, name))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return strict_wire_schema(handler(source))

    @model_validator(mode="before")
    @classmethod
    def _refuse_two_spellings(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for name, alias in cls._respelled:
                if name in data and alias in data:
                    raise PydanticCustomError("both_spellings", "has a field in both spellings: {field}", {"field": alias})
        return data


class Payload(WireModel):
    """What a command, a query or an event carries, and what a handler gives back. Subclass it; fields are its contract.

    Unknown fields are refused, collections are kept as tuples, text without NUL, integers within 64 bits, lists of at most
    1,000 items, times with a zone (kept in UTC). Building one raises pydantic's ValidationError; a message that is given a
    mapping raises the message's own validation error instead.
    """
