"""Entries by scope: which of them were asked with a value in a field, found without looking at the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel
from pydantic.alias_generators import to_camel, to_snake

from clone_cqrs.queries.cache.stamp_floor import StampFloor

if TYPE_CHECKING:
    from clone_cqrs.queries.cache.entry import Entry


class ScopeIndex:
    """The entries of one query type, by the value in one field of their payload."""

    __slots__ = ("_by_value", "_floor", "_without", "field")

    def __init__(self, field: str, entries: Iterable[Entry]) -> None:
        self.field = field
        self._by_value: dict[str, set[Entry]] = {}
        self._without: set[Entry] = set()
        self._floor = StampFloor()
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take an entry in. Its payload is read once: one that can be changed must not get lost here."""
        value = scope_value(field_value(entry.payload, self.field))
        entry.scopes[self.field] = value
        if value is None:
            self._without.add(entry)
            self._floor.lower(entry.stamp)
        else:
            self._by_value.setdefault(value, set()).add(entry)

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        value = entry.scopes[self.field]
        if value is None:
            self._without.discard(entry)
            return
        holders = self._by_value[value]
        holders.discard(entry)
        if not holders:
            del self._by_value[value]

    def concerned(self, value: str, below: int | None = None) -> list[Entry]:
        """The entries asked with this value, and those asked without any; of these, those stamped below a position."""
        asked = self._by_value.get(value, ())
        if below is None:
            return [*asked, *self._without]
        return [*(entry for entry in asked if entry.stamp < below), *self._floor.older(self._without, below)]


def field_value(payload: Any, field: str) -> Any:
    """What a payload, a model or a mapping in either spelling, has in a field; None where it has no such field."""
    attribute = _attribute_of(type(payload), field)
    if attribute is not None:
        return getattr(payload, attribute, None)
    for name in (field, to_snake(field), to_camel(field)):
        if name in payload:
            return payload[name]
    return None


_NO_SUCH_FIELD = ""
"""As an attribute, what nothing has."""


def _attribute(cls: type, field: str) -> str | None:
    """The attribute in which objects of a class have a field; None for mappings."""
    if issubclass(cls, Mapping):
        return None
    if not issubclass(cls, BaseModel):
        return field
    known = cls.model_fields
    for name in (field, to_snake(field)):
        if name in known:
            return name
    for name, info in known.items():
        if field in (info.alias, info.validation_alias, info.serialization_alias):
            return name
    return _NO_SUCH_FIELD


_attribute_of: Callable[[type, str], str | None] = lru_cache(maxsize=4096)(_attribute)


def scope_value(value: Any) -> str | None:
    """One text for all ways to write a value (a UUID and its text, 5 and "5"); None for what has no such text, or several.

    Two values with one text only cost a load more; one value with two texts would leave a stale entry. So fractions, times
    and collections have none: as a scope they concern everything. The scope value of a scope value is itself.
    """
    if value is None:
        return None
    # The usual ones first, by their exact class: each event and each entry comes through here.
    if type(value) is UUID:
        return _text_of(value)
    if type(value) is str:
        return _canonical(value)
    if isinstance(value, Enum):
        return scope_value(value.value)
    if isinstance(value, UUID):
        return _text_of(value)
    if isinstance(value, str):
        return _canonical(value)
    if isinstance(value, (bool, int)):
        return str(int(value))
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return None


def _canonical(text: str) -> str:
    if len(text) in (32, 36, 38, 45):
        try:
            return _text_of(UUID(text))
        except ValueError:
            pass
    return text


def _text_of(value: UUID) -> str:
    # Its 33 characters are no way to write a UUID: the scope value of this text is the text, and is not parsed again.
    return f"u{value.int:032x}"
