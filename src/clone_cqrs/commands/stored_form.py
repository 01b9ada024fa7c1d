"""The result's data as it is kept, so that a replay reads the same."""

from __future__ import annotations

from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import ValidationError

from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.messages.payload import WireModel

_PLAIN = frozenset({str, int, bool, UUID, NoneType})


def stored_form(registration: Registration[Any], data: Any) -> str:
    """The data as JSON. Raises: TypeError where reading it would not give the same."""
    adapter = registration.result
    stored = adapter.serializer.to_json(data, by_alias=True, round_trip=True, warnings="error")
    result_type = registration.message_class.result_type
    if not _reads_back(result_type) or type(data) is not result_type:
        try:
            same = adapter.validate_json(stored) == data
        except ValidationError:
            same = False
        if not same:
            raise TypeError(f"{registration.type_name}: the result does not survive being written as JSON and read again")
    return stored.decode("utf-8")


@lru_cache(maxsize=1024)
def _reads_back(cls: Any) -> bool:
    """Whether every value of a type reads back as it was, so that nobody has to try: a payload of ids, texts, whole numbers."""
    if (
        not (isinstance(cls, type) and issubclass(cls, WireModel))
        or cls.model_computed_fields
        or cls.model_config != WireModel.model_config
    ):
        return False
    own, inherited = cls.__pydantic_decorators__, WireModel.__pydantic_decorators__
    if any(set(getattr(own, kind)) != set(getattr(inherited, kind)) for kind in own.__dataclass_fields__):
        return False
    if "__get_pydantic_core_schema__" in {name for base in cls.__mro__ if base not in WireModel.__mro__ for name in vars(base)}:
        return False
    return all(_is_plain(field.annotation) and not field.metadata and not field.exclude for field in cls.model_fields.values())


def _is_plain(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        # Of two, the value alone may not tell which one it was.
        return {NoneType} < (members := set(get_args(annotation))) <= _PLAIN and len(members) == 2
    if get_origin(annotation) is Literal:
        return all(type(choice) is str for choice in get_args(annotation))
    return annotation in _PLAIN
