"""The part of an entry's key that comes from the payload: equal for equal questions, and for those alone.

Python's own equality is too wide for it: True == 1 == 1.0 == Decimal("1.00"), and two times in different zones are equal,
while a handler can answer each differently. So only fields whose type leaves no such doubt are compared as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from clone_cqrs.messages import secret_fields
from clone_cqrs.queries.cache.immutable import ATOMS, is_immutable

_UNAMBIGUOUS = (str, int, bool, UUID, NoneType)
_DISTINCT_AS_THEY_ARE = (str, UUID, NoneType)


class PayloadKey(NamedTuple):
    """value: hashable; lasting: whether the payload cannot change, so that its key may be remembered."""

    value: Hashable
    lasting: bool


KeyFunction: TypeAlias = Callable[[Any], PayloadKey]


@lru_cache(maxsize=1024)
def key_function(payload_class: type[BaseModel]) -> KeyFunction | None:
    """What makes a key of a payload of this class; None where it holds a secret, which must never be part of one.

    The function raises TypeError for a payload that holds something whose equality cannot be told.
    """
    if secret_fields(payload_class):
        return None
    annotations = [field.annotation for field in payload_class.model_fields.values()]
    config = payload_class.model_config
    if config.get("frozen") and config.get("extra") != "allow" and all(map(_is_unambiguous, annotations)):
        return _as_it_is(tuple(payload_class.model_fields))
    return _spelled_out


def _as_it_is(names: tuple[str, ...]) -> KeyFunction:
    if not names:
        return lambda _payload: PayloadKey((), True)
    values = itemgetter(*names)
    return lambda payload: PayloadKey(values(payload.__dict__), True)


def _spelled_out(payload: BaseModel) -> PayloadKey:
    return PayloadKey(spelled_out(payload), is_immutable(payload))


def _is_unambiguous(annotation: Any) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_unambiguous(arguments[0])
    if origin in (Union, UnionType):
        return len([each for each in arguments if each is not NoneType]) == 1 and all(map(_is_unambiguous, arguments))
    if origin is tuple:
        return all(map(_is_unambiguous, [each for each in arguments if each is not Ellipsis]))
    if origin is Literal:
        return all(isinstance(each, str) for each in arguments)
    return annotation in _UNAMBIGUOUS or (isinstance(annotation, type) and issubclass(annotation, Enum))


def spelled_out(value: Any) -> Hashable:
    """A hashable stand-in that is equal only for values of the same types throughout.

    Raises: TypeError for what is neither a value of a known type, nor a model, a dataclass or a collection of such.
    """
    kind = type(value)
    if kind in _DISTINCT_AS_THEY_ARE:
        return value  # type: ignore[no-any-return]
    if kind in (int, bool):
        return (kind, value)
    if kind is float:
        return (kind, repr(value))
    if kind is Decimal:
        return (kind, value.as_tuple())
    if kind in (datetime, date, time):
        return (kind, value.isoformat(), getattr(value, "fold", 0), str(getattr(value, "tzinfo", None)))
    if isinstance(value, Enum):
        return (kind, value.name)
    if isinstance(value, BaseModel):
        private = tuple((value.__pydantic_private__ or {}).items())
        extra = tuple((value.__pydantic_extra__ or {}).items())
        return (kind, tuple((name, spelled_out(part)) for name, part in (*value.__dict__.items(), *extra, *private)))
    if isinstance(value, Mapping):
        return (kind, tuple((spelled_out(key), spelled_out(part)) for key, part in value.items()))
    if isinstance(value, (tuple, list)):
        return (kind, tuple(map(spelled_out, value)))
    if isinstance(value, (set, frozenset)):
        return (kind, frozenset(map(spelled_out, value)))
    if is_dataclass(value) and not isinstance(value, type):
        return (kind, tuple(spelled_out(getattr(value, field.name)) for field in fields(value)))
    if kind in ATOMS:
        return (kind, value)
    # Unknown to us, it may be equal to itself and yet change.
    raise TypeError(f"a {kind.__name__} cannot be part of a cache key")
