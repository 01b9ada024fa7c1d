"""What this process has declared: its classes of events, commands and queries, by their types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from clone_cqrs.messages import Command, DomainEvent, Query

T = TypeVar("T")


def declared_events() -> dict[str, type[DomainEvent[Any]]]:
    """The class of every event type."""
    return {cls.type_name: DomainEvent.class_of(cls.type_name) for cls in _below(DomainEvent) if cls.type_name is not None}


def declared_commands() -> dict[str, type[Command[Any, Any]]]:
    """The class of every command type."""
    return {cls.type_name: cls for cls in _below(Command) if "type_name" in vars(cls)}


def declared_queries() -> dict[str, type[Query[Any, Any]]]:
    """The class of every query type."""
    return {cls.type_name: cls for cls in _below(Query) if "type_name" in vars(cls)}


def _below(base: type[T]) -> Iterator[type[T]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _below(cls)
