"""A real process is killed with SIGKILL in the middle of a command: the database kept all of it or nothing.

Planted bugs, each seen to fail its test: the handler's writes outside of the transaction; the record left out; a stored
outcome that is not looked at.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from tests.commands.notes import Kept, note_bus, write_note
from tests.commands.proxy import Link, Proxy
from tests.commands.waiting import DEADLINE_S, until

from clone_cqrs.postgres import Database

REPOSITORY = Path(__file__).parents[2]


@asynccontextmanager
async def process(dsn: str, command_id: UUID, note_id: UUID, pause: str = "no") -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that executes the command; killed at the end if it still runs."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.commands.one_command", dsn, str(command_id), str(note_id), pause),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def said(child: asyncio.subprocess.Process, word: str) -> None:
    """Wait until the process prints this line."""
    assert child.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        while True:
            line = (await child.stdout.readline()).decode().strip()
            assert line, "the process ended without a word"
            if line == word:
                return


async def killed(child: asyncio.subprocess.Process) -> None:
    child.kill()
    await child.wait()


async def test_a_kill_between_handler_and_commit_leaves_nothing(dsn: str, database: Database, kept: Kept) -> None:
    command_id, note_id = uuid4(), uuid4()
    async with process(dsn, command_id, note_id, "handled") as child:
        await said(child, "handled")
        await killed(child)
    assert await kept.counts() == (0, 0, 0)
    bus, handler = note_bus(database)
    async with asyncio.timeout(DEADLINE_S):
        result = await bus.execute(write_note(note_id, command_id=command_id))
    assert (result.success, result.replayed, handler.runs) == (True, False, 1)
    assert await kept.counts() == (1, 1, 1)
    assert await kept.events() == [(note_id, 1)]


async def test_a_kill_while_commit_is_on_its_way_leaves_nothing(dsn: str, database: Database, kept: Kept) -> None:
    command_id, note_id = uuid4(), uuid4()
    sent = asyncio.Event()

    async def never_arrives(link: Link) -> None:
        sent.set()
        await killed(child)
        link.drop()

    async with Proxy(dsn) as proxy:
        proxy.next_commit = never_arrives
        async with process(proxy.dsn, command_id, note_id) as child, asyncio.timeout(DEADLINE_S):
            await sent.wait()
            await child.wait()
    bus, handler = note_bus(database)
    # Waits for the end of the dead process's transaction, where the server has not noticed yet.
    result = await bus.execute(write_note(note_id, command_id=command_id))
    assert (result.success, result.replayed, handler.runs) == (True, False, 1)
    assert await kept.counts() == (1, 1, 1)


async def test_a_kill_between_commit_and_answer_keeps_all_of_it(dsn: str, database: Database, kept: Kept) -> None:
    command_id, note_id = uuid4(), uuid4()
    committed = asyncio.Event()

    async def never_heard_of(link: Link) -> None:
        await link.forward()
        await link.answered()
        await killed(child)
        committed.set()
        link.drop()

    async with Proxy(dsn) as proxy:
        proxy.next_commit = never_heard_of
        async with process(proxy.dsn, command_id, note_id) as child, asyncio.timeout(DEADLINE_S):
            await committed.wait()
    assert await kept.counts() == (1, 1, 1)
    bus, handler = note_bus(database)
    result = await bus.execute(write_note(note_id, command_id=command_id))
    assert (result.success, result.replayed, result.events, handler.runs) == (True, True, (), 0)
    assert result.token is not None
    assert await kept.counts() == (1, 1, 1)
    assert await kept.events() == [(note_id, 1)]


async def test_a_process_in_the_way_is_waited_for_and_its_death_lets_the_second_run(
    dsn: str, database: Database, kept: Kept
) -> None:
    command_id, note_id = uuid4(), uuid4()
    bus, handler = note_bus(database)
    async with process(dsn, command_id, note_id, "handled") as child:
        await said(child, "handled")
        second = asyncio.create_task(bus.execute(write_note(note_id, command_id=command_id)))

        async def waits() -> bool:
            waiters: int = await kept.connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            )
            return waiters == 1

        await until(waits)
        await killed(child)
        async with asyncio.timeout(DEADLINE_S):
            result = await second
    assert (result.success, result.replayed, handler.runs) == (True, False, 1)
    assert await kept.counts() == (1, 1, 1)
