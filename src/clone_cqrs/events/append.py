"""Appending events to the log without a command: what the function cqrs.append_events takes, and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import asyncpg
from pydantic import BaseModel
from pydantic_core import to_json

from clone_cqrs.events.partitions import PartitionKeeper
from clone_cqrs.events.wakeups import Notifier
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

_APPEND_EVENTS = statement("clone_cqrs.events", "append_events")


def columns_of(events: Sequence[DomainEvent[Any]]) -> tuple[list[Any], ...]:
    """The events as the arrays that cqrs.append_events takes, from event_ids to metadata."""
    return (
        [event.event_id for event in events],
        [event.event_type for event in events],
        [event.aggregate_type for event in events],
        [event.aggregate_id for event in events],
        [event.version for event in events],
        [event.timestamp for event in events],
        [_json(event.payload) for event in events],
        [_json(event.metadata) for event in events],
    )


async def append(connection: asyncpg.Connection, events: Sequence[DomainEvent[Any]]) -> tuple[DomainEvent[Any], ...]:
    """Append events in order, as the last statement of the transaction of `connection`; returns them with their places.

    They get their class's schema version, where their metadata does not name one already.
    Raises: asyncpg's error; CQ409 where a stated version is not the next of its aggregate.
    """
    events = [_with_schema_version(event) for event in events]
    row = await connection.fetchrow(_APPEND_EVENTS, *columns_of(events))
    assert row is not None
    return placed(events, row)


async def append_committed(database: Database, events: Sequence[DomainEvent[Any]]) -> tuple[DomainEvent[Any], ...]:
    """Append events in a transaction of their own, and tell everybody. Raises: StorageUnavailableError, asyncpg's error."""
    partitions = database.companion(PartitionKeeper)
    try:
        logged = await _append_once(database, events)
    except asyncpg.PostgresError as error:
        if not await partitions.made_room_after(error):
            raise
        logged = await _append_once(database, events)
    partitions.saw(max((event.position or 0 for event in logged), default=None))
    database.committed(logged)
    Notifier.of(database).poke()
    return logged


async def _append_once(database: Database, events: Sequence[DomainEvent[Any]]) -> tuple[DomainEvent[Any], ...]:
    async with database.acquire() as connection, connection.transaction():
        return await append(connection, events)


def placed(events: Sequence[DomainEvent[Any]], row: asyncpg.Record) -> tuple[DomainEvent[Any], ...]:
    """The events with the positions and versions that the log gave them."""
    return tuple(
        event.with_facts(position=position, version=version)
        for event, position, version in zip(events, row["positions"] or (), row["versions"] or (), strict=True)
    )


def _with_schema_version(event: DomainEvent[Any]) -> DomainEvent[Any]:
    if "schema_version" in event.metadata:
        return event
    return event.with_facts(metadata=MappingProxyType({**event.metadata, "schema_version": event.written_version()}))


def _json(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=True)
    return to_json(dict(value)).decode("utf-8")
