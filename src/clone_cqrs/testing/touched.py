"""Which tables a handler really touches, against what its events and itself declare: `tables=` and `reads=`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency.relations import relations_behind
from clone_cqrs.messages import Command, CommandResult, Query, QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.queries import Consistency, QueryBus

_COUNT_TOUCHES = statement("clone_cqrs.testing", "count_touches")


@dataclass(frozen=True, slots=True)
class TouchedTables:
    """read, written: tables and materialized views that the server counted while one handler ran, by name, without those of
    the schema cqrs. undeclared: what a command wrote and none of its events names in `tables=`; what a query read and its
    handler does not name in `reads=`, neither itself nor a view over it. result: what `execute` returned.
    """

    read: frozenset[str]
    written: frozenset[str]
    undeclared: frozenset[str]
    result: CommandResult[Any] | QueryResult[Any]


async def tables_touched(
    bus: CommandBus | QueryBus,
    message: Command[Any, Any] | Query[Any, Any],
    *,
    roles: Collection[str] | None = None,
    consistency: Consistency | None = None,
) -> TouchedTables:
    """Execute a command or a query, and look in its transaction at what its handler touched.

    A command is committed; a query is answered past the cache. Only what really happens is seen: a table that a statement might
    have written, and did not, is not among it. consistency: of a query.
    Raises: ValueError for a bus without a database; AssertionError where the message is refused, or the command's id was used
    before: no handler ran to its end then.
    """
    database = bus.database
    if database is None:
        raise ValueError("tables need a bus with a database")
    if isinstance(bus, CommandBus):
        if not isinstance(message, Command):
            raise TypeError(f"a command bus takes a Command, not a {type(message).__name__}")
        return await _by_command(bus, database, message, roles)
    if not isinstance(message, Query):
        raise TypeError(f"a query bus takes a Query, not a {type(message).__name__}")
    return await _by_query(bus, database, message, roles, consistency)


async def _by_command(
    bus: CommandBus, database: Database, command: Command[Any, Any], roles: Collection[str] | None
) -> TouchedTables:
    touches = _Touches(database)
    known = bus._registrations.get(command.command_type)

    async def counted(asked: Command[Any, Any]) -> Any:
        assert known is not None
        await touches.begin()
        returned = await known.handle(asked)
        await touches.end()
        return returned

    if known is not None:
        bus._registrations[known.type_name] = replace(known, handle=counted)
    try:
        result = await bus.execute(command, roles=roles)
    finally:
        if known is not None:
            bus._registrations[known.type_name] = known
    _assert_handled(command.command_type, result)
    assert not result.replayed, f"{command.command_type}: a command of this id was executed before"
    declared = {table for event in result.events for table in event.tables}
    return TouchedTables(touches.read, touches.written, touches.written - declared, result)


async def _by_query(
    bus: QueryBus,
    database: Database,
    query: Query[Any, Any],
    roles: Collection[str] | None,
    consistency: Consistency | None,
) -> TouchedTables:
    touches = _Touches(database)
    async with database.transaction():
        await touches.begin()
        result = await bus.execute(query, roles=roles, consistency=consistency)
        await touches.end()
    _assert_handled(query.query_type, result)
    handler = bus.get_handler(query.query_type)
    assert handler is not None
    behind = await relations_behind(database, handler.reads)
    declared = {each.name for relations in behind.values() for each in relations}
    return TouchedTables(touches.read, touches.written, touches.read - declared, result)


def _assert_handled(name: str, result: CommandResult[Any] | QueryResult[Any]) -> None:
    assert result.success, f"{name} was refused: {result.error}"


class _Count(NamedTuple):
    scans: int
    writes: int


_NEVER = _Count(0, 0)


class _Touches:
    """What the ambient transaction touched between `begin` and `end`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: Mapping[str, _Count] = {}
        self.read: frozenset[str] = frozenset()
        self.written: frozenset[str] = frozenset()

    async def begin(self) -> None:
        self._before = await self._count()

    async def end(self) -> None:
        now = await self._count()
        self.read = frozenset(name for name, count in now.items() if count.scans > self._before.get(name, _NEVER).scans)
        self.written = frozenset(name for name, count in now.items() if count.writes > self._before.get(name, _NEVER).writes)

    async def _count(self) -> Mapping[str, _Count]:
        rows = await self._database.fetch(_COUNT_TOUCHES, "0")
        return {row["name"]: _Count(row["scans"], row["writes"]) for row in rows}
