"""Carrying a command out on PostgreSQL: once, in one transaction, whatever is lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar

import asyncpg

from clone_cqrs.commands.fingerprint import fingerprint_of
from clone_cqrs.commands.handler import BaseCommandHandler
from clone_cqrs.commands.outcome import caused, outcome_of, prepared
from clone_cqrs.commands.record_keeping import RecordKeeping
from clone_cqrs.commands.stored_form import stored_form
from clone_cqrs.commands.unit_of_work import READ_RECORD, CommitInterruptedError, UnitOfWork
from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.errors import (
    CommandTimeoutError,
    ConflictError,
    IdempotencyMismatchError,
    StorageUnavailableError,
    TransactionScopeError,
)
from clone_cqrs.events.partitions import PartitionKeeper
from clone_cqrs.events.token import ConsistencyToken
from clone_cqrs.events.wakeups import Notifier
from clone_cqrs.messages import Command, CommandResult
from clone_cqrs.postgres.ambient import AmbientTransaction
from clone_cqrs.postgres.connection import CommandConnection, discard, is_gone
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import LOST_RACES, TIMEOUTS, is_unavailable, sqlstate_of, translate, unavailable, without_values

_RACES: Final = 5
_OUTAGES: Final = 4
_ROOMS: Final = 4
_FIRST_PAUSE_S: Final = 0.02
_FIRST_OUTAGE_PAUSE_S: Final = 0.1

_UNWATCHED: Final = nullcontext()

T = TypeVar("T")
Step: TypeAlias = Literal["handle", "commit"]
CommandRegistration = Registration[BaseCommandHandler[Any, Any]]


class DurableExecution:
    """Executes commands on a database. Holds no state of a command between calls."""

    def __init__(self, database: Database, keep_records: timedelta) -> None:
        self._database = database
        self._records = RecordKeeping(database, keep_records)
        self._partitions = PartitionKeeper(database)
        self._notifier = Notifier.of(database)
        self.step: Callable[[Step], AbstractContextManager[object]] = _unwatched
        """Entered around these steps of each attempt; see CommandBus.watch_steps."""

    async def execute(
        self, registration: CommandRegistration, command: Command[Any, Any], timeout: float | None
    ) -> CommandResult[Any]:
        """Run the handler in a transaction with its events and its record, or answer from the record.

        timeout: seconds until COMMIT is sent; without one, the server's statement_timeout bounds each statement.
        Raises: StorageUnavailableError, and whatever is a bug of the handler.
        """
        if timeout is None:
            return await self._attempts(registration, command, None)
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                return await self._attempts(registration, command, limit)
        except TimeoutError:
            if not limit.expired():
                raise
            return CommandResult(False, error=CommandTimeoutError(f"not done within {timeout:g} s; nothing was committed"))

    async def _attempts(
        self, registration: CommandRegistration, command: Command[Any, Any], limit: asyncio.Timeout | None
    ) -> CommandResult[Any]:
        fingerprint = fingerprint_of(command.payload)
        retries_left, races, outages, rooms = registration.handler.retries, 0, 0, 0
        to_prepare = registration.prepare is not None
        deadline = None if limit is None else limit.when()
        while True:
            if limit is not None and limit.when() is None:
                # The countdown ended with a COMMIT that never reached the server: what runs again is counted again.
                limit.reschedule(deadline)
            began = asyncio.get_running_loop().time()
            try:
                if to_prepare and not await self._on_record(command):
                    refused = await prepared(registration, command)
                    if refused is not None:
                        return refused
                to_prepare = False
                result = await self._attempt(registration, command, fingerprint, limit)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, StorageUnavailableError) as error:
                without_values(error)
                state = sqlstate_of(error)
                if state in TIMEOUTS:
                    return CommandResult(False, error=CommandTimeoutError("a statement ran out of time; nothing was committed"))
                if state in LOST_RACES and races < _RACES:
                    races += 1
                    await _pause(_FIRST_PAUSE_S, races)
                    continue
                if rooms < _ROOMS and await self._partitions.made_room_after(error):
                    rooms += 1
                    continue
                if isinstance(error, OSError) and not isinstance(error, _ConnectionLostError):
                    raise  # The handler's own: a file, or another service.
                lost = is_unavailable(error)
                if lost and asyncio.get_running_loop().time() - began >= self._database.idle_within:
                    # The server ends a session that idles this long, and the driver sees no more than a closed connection.
                    return CommandResult(False, error=CommandTimeoutError("the handler took too long; nothing was committed"))
                if lost and not isinstance(error, StorageUnavailableError) and outages < _OUTAGES:
                    outages += 1
                    await _pause(_FIRST_OUTAGE_PAUSE_S, outages)
                    continue
                if lost:
                    raise unavailable(error) from error
                translated = translate(error)
                if translated is None:
                    raise
                if not translated.answered:
                    raise translated from error
                translated.__cause__ = error
                result = CommandResult(False, error=translated)
            if retries_left > 0 and isinstance(result.error, ConflictError):
                retries_left -= 1
                continue
            return result

    async def _attempt(
        self,
        registration: CommandRegistration,
        command: Command[Any, Any],
        fingerprint: bytes,
        limit: asyncio.Timeout | None,
    ) -> CommandResult[Any]:
        database_id = await _or_lost(self._database.database_id())
        async with self._database.acquire() as connection:
            unit = UnitOfWork(connection, self._database.answer_within)
            try:
                on_record = await unit.begin(command.command_id)
                if on_record is not None:
                    return _replay(registration, command, fingerprint, on_record, database_id)
                result = await self._handle(registration, command, connection)
                if not connection.is_in_transaction():
                    raise TransactionScopeError("the handler ended the transaction itself: COMMIT and ROLLBACK are the bus's")
                if not result.success:
                    return result
                events = caused(command, result.events)
                data = stored_form(registration, result.data)
                row = await unit.record(command, fingerprint, data, result.timestamp, events)
                await _disarm(limit)
                try:
                    with self.step("commit"):
                        cancelled = await unit.commit()
                except CommitInterruptedError as interrupted:
                    self._database.give_up(connection)
                    stored = await self._fate(command, interrupted)
                    cancelled = interrupted.cancelled
                    if stored is None:
                        if cancelled:
                            raise asyncio.CancelledError from interrupted
                        raise _ConnectionLostError from interrupted
                    position = (row["positions"] or [None])[-1]
                    if (stored["position"], stored["timestamp"], stored["data"]) != (position, result.timestamp, data):
                        # Not this attempt, which died, but another execution of the same id that came after it.
                        if cancelled:
                            raise asyncio.CancelledError from interrupted
                        return _replay(registration, command, fingerprint, stored, database_id)
            except asyncpg.InternalClientError as error:
                # What the driver says when the server's last word, which ended the session, came before the next statement.
                discard(connection)
                raise _ConnectionLostError from error
            except (asyncpg.InterfaceError, OSError) as error:
                if is_gone(connection):
                    raise _ConnectionLostError from error
                raise
            finally:
                await unit.rollback()
        logged = tuple(
            event.placed(position, version)
            for event, position, version in zip(events, row["positions"] or (), row["versions"] or (), strict=True)
        )
        self._database.committed(logged)
        token = ConsistencyToken.of(database_id, logged[-1].position or 0) if logged else None
        if logged:
            self._partitions.saw(logged[-1].position)
            self._notifier.poke()
        self._records.tick()
        if cancelled:
            raise asyncio.CancelledError
        return CommandResult(True, result.data, None, logged, result.timestamp, token)

    async def _on_record(self, command: Command[Any, Any]) -> bool:
        return await _or_lost(self._database.fetch_value(READ_RECORD, command.command_id)) is not None

    async def _handle(
        self, registration: CommandRegistration, command: Command[Any, Any], connection: CommandConnection
    ) -> CommandResult[Any]:
        ambient = AmbientTransaction(self._database, connection)
        try:
            with self.step("handle"):
                return await outcome_of(registration, command)
        finally:
            ambient.close()

    async def _fate(self, command: Command[Any, Any], interrupted: CommitInterruptedError) -> asyncpg.Record | None:
        """What the record says of a command whose COMMIT was not answered; None where it was rolled back."""
        error: BaseException = interrupted
        for attempt in range(1, _OUTAGES + 1):
            await _pause(_FIRST_OUTAGE_PAUSE_S, attempt)
            try:
                async with self._database.acquire() as connection:
                    unit = UnitOfWork(connection, self._database.answer_within)
                    try:
                        # The claim waits until the lost transaction has ended, either way.
                        return await unit.begin(command.command_id)
                    finally:
                        await unit.rollback()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, StorageUnavailableError) as again:
                error = again
        raise StorageUnavailableError(
            "the connection was lost during COMMIT, and whether the command took effect could not be read: the outcome is "
            f"unknown. Execute it again with command_id {command.command_id}: it will be answered, or carried out once",
            outcome_unknown=True,
        ) from error


def _unwatched(_step: Step) -> AbstractContextManager[object]:
    return _UNWATCHED


class _ConnectionLostError(OSError):
    """The connection went away before COMMIT: everything is rolled back, and may be done again."""


async def _or_lost(answer: Awaitable[T]) -> T:
    """The answer of the database to a question outside of any handler."""
    try:
        return await answer
    except (asyncpg.InterfaceError, OSError) as error:
        raise _ConnectionLostError from error


async def _disarm(limit: asyncio.Timeout | None) -> None:
    """The time counts until COMMIT is sent, never after."""
    if limit is None:
        return
    if limit.expired():
        # Cancellation is on its way and arrives at the next suspension: let it, before COMMIT is sent.
        await asyncio.sleep(0)
    limit.reschedule(None)


async def _pause(first_s: float, attempt: int) -> None:
    await asyncio.sleep(first_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))


def _replay(
    registration: CommandRegistration, command: Command[Any, Any], fingerprint: bytes, stored: asyncpg.Record, database_id: Any
) -> CommandResult[Any]:
    same = (command.command_type, command.user_id, fingerprint) == (
        stored["command_type"],
        stored["user_id"],
        bytes(stored["fingerprint"]),
    )
    if not same:
        return CommandResult(False, error=IdempotencyMismatchError("this command id was used before, for another command"))
    timestamp: datetime = stored["timestamp"]
    position = stored["position"]
    return CommandResult(
        True,
        registration.result.validate_json(stored["data"]),
        timestamp=timestamp,
        token=None if position is None else ConsistencyToken.of(database_id, position),
        replayed=True,
    )
