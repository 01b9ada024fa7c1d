"""Events a second of a subscription that starts at the beginning of a full log, one worker in one process."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.events.witness import Witness, fault
from clone_cqrs.events import EventSubscriber
from clone_cqrs.messages import DomainEvent, uuid7
from clone_cqrs.postgres import Database

_FILL = """
SELECT cardinality(positions)
FROM (SELECT array_agg(gen_random_uuid()) AS event_ids, array_agg('benchmark.noted'::text) AS event_types,
             array_agg('benchmark'::text) AS aggregate_types, array_agg((n % 1000)::text) AS aggregate_ids,
             array_agg(NULL::bigint) AS versions, array_agg(now()) AS timestamps,
             array_agg(jsonb_build_object('note', 'row ' || n, 'amount', n)) AS payloads,
             array_agg(jsonb_build_object('causation_id', gen_random_uuid(), 'schema_version', 1)) AS metadata
      FROM generate_series(1, $1::integer) n) e,
     cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL, event_ids, event_types, aggregate_types, aggregate_ids, versions,
                        timestamps, payloads, metadata)
"""
_EFFECT = "CREATE TABLE effect (nth bigserial, subscription text, position bigint, version bigint, aggregate_id text)"
_STORE = "INSERT INTO effect (subscription, position, version, aggregate_id) VALUES ($1, $2, $3, $4)"
_INVERTED = """
SELECT count(*) FROM (
    SELECT version < lag(version) OVER (PARTITION BY aggregate_id ORDER BY nth) AS inverted
    FROM effect WHERE subscription = $1) e WHERE inverted
"""
_AT_ONCE = 5_000


async def fill(dsn: str, events: int) -> None:
    """Log so many events of 1,000 aggregates, of a type without a class."""
    async with Database.open(dsn) as database:
        for _ in range(0, events, _AT_ONCE):
            await database.execute(_FILL, _AT_ONCE)
        await database.execute(_EFFECT)


async def empty_handler(dsn: str) -> tuple[float, str | None]:
    """(events a second, fault), with a handler that only keeps positions."""
    witness = Witness()
    async with Database.open(dsn) as database:
        rate, logged = await _catch_up(database, EventSubscriber(database, f"catch up {uuid7()}", start="beginning"), witness)
        return rate, witness.fault(logged)


async def exactly_once_effect(dsn: str) -> tuple[float, str | None]:
    """(events a second, fault), with a handler that writes a row, in the transaction of its checkpoint."""
    name = f"effects {uuid7()}"
    async with Database.open(dsn) as database:

        async def write(event: DomainEvent[Any]) -> None:
            await database.execute(_STORE, name, event.position, event.version, event.aggregate_id)

        subscriber = EventSubscriber(database, name, exactly_once=True, start="beginning")
        rate, logged = await _catch_up(database, subscriber, write)
        seen = [row["position"] for row in await database.fetch("SELECT position FROM effect WHERE subscription = $1", name)]
        return rate, fault(seen, logged, await database.fetch_value(_INVERTED, name))


async def _catch_up(database: Database, subscriber: EventSubscriber, handler: Any) -> tuple[float, set[int]]:
    subscriber.on("*", handler)
    logged = {row["position"] for row in await database.fetch("SELECT position FROM cqrs.event")}
    began = time.perf_counter()
    async with subscriber:
        await subscriber.wait_until(max(logged), 600)
    return len(logged) / (time.perf_counter() - began), logged
