"""The same command has one effect; another command under its id is told nothing.

Planted bugs, each seen to fail its test: no claim of the id; a shared claim; a reading of the record older than the wait; a
failed command committed; the fingerprint with the timestamp, with the metadata, with the secrets, without the payload; the
actor, or the type, not compared.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from tests.commands.notes import (
    EraseNoteCommand,
    Kept,
    WriteNoteCommand,
    WriteNoteHandler,
    note_bus,
    nothing,
    write_note,
)
from tests.commands.waiting import DEADLINE_S, until_waiting

from clone_cqrs.dispatch.policies import has_role
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.messages import CommandResult
from clone_cqrs.postgres import Database


class Gate:
    """A step of a handler that waits until it is opened."""

    def __init__(self, outcome: CommandResult[Any] | None = None) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()
        self.outcome = outcome

    async def __call__(self, _command: WriteNoteCommand) -> CommandResult[Any] | None:
        self.entered.set()
        await self.opened.wait()
        return self.outcome


_LOCKS_ON_THE_LOG = """
SELECT count(*) FROM pg_locks
WHERE pid = ANY ($1::int[]) AND (relation = 'cqrs.aggregate'::regclass
      OR relation IN (SELECT relid FROM pg_partition_tree('cqrs.event')))
"""
_WAITING_PIDS = """
SELECT array_agg(pid) FROM pg_locks
WHERE NOT granted AND locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_waits_for_the_first_without_touching_the_log_and_then_replays(database: Database, kept: Kept) -> None:
    gate = Gate()
    bus, handler = note_bus(database, gate)
    command = write_note()
    async with asyncio.timeout(DEADLINE_S):
        first = asyncio.create_task(bus.execute(command))
        await gate.entered.wait()
        second = asyncio.create_task(bus.execute(command))
        await until_waiting(kept.connection)
        waiting = await kept.connection.fetchval(_WAITING_PIDS)
        assert await kept.connection.fetchval(_LOCKS_ON_THE_LOG, waiting) == 0
        drawn = await kept.connection.fetchval("SELECT last_value FROM cqrs.event_position_seq")
        gate.opened.set()
        one, two = await asyncio.gather(first, second)
    assert handler.runs == 1
    assert (one.replayed, two.replayed) == (False, True)
    assert (two.data, two.token, two.timestamp, two.events) == (one.data, one.token, one.timestamp, ())
    assert one.events[0].position == drawn
    assert await kept.connection.fetchval("SELECT last_value FROM cqrs.event_position_seq") == drawn
    assert await kept.counts() == (1, 1, 1)


async def test_runs_when_the_one_it_waited_for_failed(database: Database, kept: Kept) -> None:
    gate = Gate(CommandResult(False, error=DomainRuleError("not today")))
    bus, handler = note_bus(database, gate)
    command = write_note()
    async with asyncio.timeout(DEADLINE_S):
        first = asyncio.create_task(bus.execute(command))
        await gate.entered.wait()
        second = asyncio.create_task(bus.execute(command))
        await until_waiting(kept.connection)
        handler.then = nothing
        gate.opened.set()
        one, two = await asyncio.gather(first, second)
    assert (one.success, two.success, two.replayed) == (False, True, False)
    assert handler.runs == 2
    assert await kept.counts() == (1, 1, 1)


def _returning(outcome: CommandResult[Any]) -> Callable[[WriteNoteCommand], Any]:
    async def step(_command: WriteNoteCommand) -> CommandResult[Any]:
        return outcome

    return step


async def test_a_failed_command_leaves_its_id_free(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, _returning(CommandResult(False, error=DomainRuleError("not today"))))
    command = write_note()
    assert not (await bus.execute(command)).success
    assert await kept.counts() == (0, 0, 0)
    handler.then = nothing
    result = await bus.execute(command)
    assert (result.success, result.replayed) == (True, False)
    # Even with another payload the id had been free: nothing was on record.
    failing_id = uuid4()
    handler.then = _returning(CommandResult(False, error=DomainRuleError("not today")))
    assert not (await bus.execute(write_note(command_id=failing_id))).success
    handler.then = nothing
    assert (await bus.execute(write_note(command_id=failing_id, text="bread"))).success
    assert await kept.counts() == (2, 2, 2)


async def test_gives_up_within_its_own_timeout_while_the_first_runs(database: Database, kept: Kept) -> None:
    gate = Gate()
    bus, handler = note_bus(database, gate)
    command = write_note()
    async with asyncio.timeout(DEADLINE_S):
        first = asyncio.create_task(bus.execute(command))
        await gate.entered.wait()
        second = await bus.execute(command, timeout=0.2)
        assert second.error is not None
        assert second.error.code == "timeout"
        assert not first.done()
        gate.opened.set()
        assert (await first).success
    assert handler.runs == 1
    assert await kept.counts() == (1, 1, 1)


async def test_many_at_once_have_one_effect(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database)
    command = write_note()
    results = await asyncio.gather(*(bus.execute(command) for _ in range(20)))
    assert handler.runs == 1
    assert sorted(result.replayed for result in results) == [False] + [True] * 19
    assert len({result.unwrap().receipt for result in results}) == 1
    assert await kept.counts() == (1, 1, 1)


NOTE = UUID("0192f0c1-2345-7000-8000-000000000001")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda given: write_note(NOTE, command_id=given, user_id="bob"), id="actor"),
        pytest.param(lambda given: write_note(NOTE, command_id=given, text="bread"), id="payload"),
        pytest.param(lambda given: write_note(command_id=given), id="id in the payload"),
        pytest.param(lambda given: write_note(NOTE, command_id=given, title="a title"), id="one more field"),
        pytest.param(
            lambda given: EraseNoteCommand(payload={"note_id": NOTE, "text": "milk"}, user_id="ada", command_id=given),
            id="type",
        ),
    ],
)
async def test_another_command_under_a_used_id_learns_nothing(
    database: Database, kept: Kept, other: Callable[[UUID], Any]
) -> None:
    bus, handler = note_bus(database)
    bus.register(EraseNoteCommand, WriteNoteHandler(database))
    first = await bus.execute(write_note(NOTE, user_id="ada"))
    given = (await kept.commands())[0]
    result = await bus.execute(other(given))
    assert result.error is not None
    assert (result.success, result.error.code) == (False, "idempotency_mismatch")
    assert (result.data, result.token, result.events, result.replayed) == (None, None, (), False)
    told = f"{result.error} {result.error!r} {result.error.__dict__} {result!r}"
    for secret in ("ada", "milk", "note.write", str(NOTE), str(first.unwrap().receipt), str(first.token)):
        assert secret not in told
    assert result.timestamp != first.timestamp
    assert handler.runs == 1
    assert await kept.counts() == (1, 1, 1)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param({"timestamp": datetime(2020, 1, 1, tzinfo=UTC)}, id="timestamp"),
        pytest.param({"metadata": {"attempt": 2}}, id="metadata"),
        pytest.param({"pin": "2222"}, id="another secret"),
        pytest.param({"pin": None}, id="no secret"),
        pytest.param({"pin": SecretStr("")}, id="empty secret"),
    ],
)
async def test_the_same_command_told_otherwise_is_replayed(database: Database, kept: Kept, spelling: dict[str, Any]) -> None:
    bus, _handler = note_bus(database)
    options: dict[str, Any] = {"command_id": uuid4(), "pin": "1111"}
    first = await bus.execute(write_note(NOTE, **options))
    again = await bus.execute(write_note(NOTE, **(options | spelling)))
    assert (again.replayed, again.data) == (True, first.data)
    assert await kept.counts() == (1, 1, 1)


async def test_both_spellings_and_any_order_of_fields_are_the_same_command(database: Database, kept: Kept) -> None:
    bus, _handler = note_bus(database)
    given = str(uuid4())
    one = {"commandType": "note.write", "commandId": given, "userId": "ada", "payload": {"noteId": str(NOTE), "text": "milk"}}
    two = {
        "payload": {"text": "milk", "title": None, "note_id": str(NOTE).upper()},
        "user_id": "ada",
        "command_id": given.upper(),
        "command_type": "note.write",
    }
    first = await bus.execute_message(json.dumps(one).encode())
    again = await bus.execute_message(json.dumps(two))
    assert (first.replayed, again.replayed, again.data) == (False, True, first.data)


async def test_todays_policy_counts_for_a_replay(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, policy=has_role("writer"))
    command = write_note()
    assert (await bus.execute(command, roles={"writer"})).success
    result = await bus.execute(command, roles=())
    assert result.error is not None
    assert (result.error.code, result.data, result.replayed) == ("forbidden", None, False)
    assert (await bus.execute(command, roles={"writer"})).replayed
    assert handler.runs == 1
