"""An application: opened, its views kept up through a crash, its drain."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.commands.waiting import DEADLINE_S
from tests.planted_secret import PLANTED

from clone_cqrs.domain import CreateUserCommand, open_clone
from clone_cqrs.postgres import Database

REPOSITORY = Path(__file__).parents[1]
PAYLOAD = {"email": "ada@example.com", "name": "Ada", "password": PLANTED, "subscription_tier": "free"}
# A process that dies as soon as it has answered the command: its view has not been refreshed.
DIES_AFTER_COMMIT = """
import asyncio, os, signal, sys
from clone_cqrs.domain import CreateUserCommand, open_clone
async def main():
    async with open_clone(sys.argv[1], migrate=False) as clone:
        (await clone.commands.execute(CreateUserCommand(user_id="system", payload=%r))).unwrap()
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
IN_VIEW = "SELECT count(*) FROM user_profile_view"


async def test_views_follow_a_commit_and_drain_waits_for_them(clone_dsn: str) -> None:
    async with open_clone(clone_dsn, migrate=False) as clone:
        (await clone.commands.execute(CreateUserCommand(user_id="system", payload=PAYLOAD))).unwrap()
        await clone.drain(DEADLINE_S)
        assert await clone.database.fetch_value(IN_VIEW) == 1


async def test_a_crash_between_an_event_and_its_refresh_loses_nothing(clone_dsn: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", DIES_AFTER_COMMIT % PAYLOAD, clone_dsn),
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
    )
    assert await child.wait() == -signal.SIGKILL
    async with Database.open(clone_dsn) as database:
        assert await database.fetch_value(IN_VIEW) == 0
    async with open_clone(clone_dsn, migrate=False) as clone:
        await clone.drain(DEADLINE_S)
        assert await clone.database.fetch_value(IN_VIEW) == 1


async def test_without_workers_views_are_left_to_others(clone_dsn: str) -> None:
    async with open_clone(clone_dsn, migrate=False) as upkeep:
        async with open_clone(clone_dsn, migrate=False, workers=False) as clone:
            (await clone.commands.execute(CreateUserCommand(user_id="system", payload=PAYLOAD))).unwrap()
            await clone.drain(DEADLINE_S)
            assert await clone.database.fetch_value(IN_VIEW) == 1
        assert upkeep.consistency.view_states()["user_profile_view"].refreshes >= 1


async def test_what_changed_before_a_process_began_is_seen_without_an_event(clone_dsn: str) -> None:
    async with open_clone(clone_dsn, migrate=False, workers=False) as clone:
        (await clone.commands.execute(CreateUserCommand(user_id="system", payload=PAYLOAD))).unwrap()
        await clone.database.execute("DELETE FROM cqrs.subscription")
    async with open_clone(clone_dsn, migrate=False) as clone:
        await clone.consistency.drain(DEADLINE_S)
        assert await clone.database.fetch_value(IN_VIEW) == 1
        assert clone.consistency.view_states()["user_profile_view"].refreshes == 1
        assert (
            clone.consistency.view_states()["document_summary_view"].waits_for == "nothing has changed since the last refresh"
        )
