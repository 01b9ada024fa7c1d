"""After a crash of any of the processes involved."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from tests.postgres.embedded.processes import postmaster_of, supervisor_of, wait_for
from tests.postgres.embedded.test_starting import ask
from tests.servers.postgresql import wait_until_gone

from clone_cqrs.postgres.embedded import start_embedded


async def test_a_server_whose_supervisor_was_killed_stops_by_itself(home: Path) -> None:
    server = await start_embedded(home)
    postmaster = postmaster_of(home)
    os.kill(supervisor_of(home), signal.SIGKILL)
    wait_until_gone(postmaster)
    await server.close()


async def test_a_start_after_the_supervisor_was_killed_recovers(home: Path) -> None:
    server = await start_embedded(home)
    await ask(server.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    postmaster = postmaster_of(home)
    os.kill(supervisor_of(home), signal.SIGKILL)
    again = await start_embedded(home)  # at once: it has to wait for the old server's end
    try:
        wait_until_gone(postmaster)
        assert await ask(again.dsn, "SELECT n FROM kept") == 7
    finally:
        await again.close()
        await server.close()


async def test_a_start_after_all_of_a_busy_server_was_killed_recovers(home: Path) -> None:
    server = await start_embedded(home)
    await ask(server.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    session = await asyncpg.connect(server.dsn)
    busy = asyncio.create_task(session.execute("SELECT sum(n) FROM generate_series(1, 1e9) AS n"))
    seen = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {session.get_server_pid()} AND state = 'active'"
    while not await ask(server.dsn, seen):  # noqa: ASYNC110  the server does not tell
        await asyncio.sleep(0.01)
    supervisor, postmaster = supervisor_of(home), postmaster_of(home)
    os.kill(supervisor, signal.SIGSTOP)  # so that it does not see what happens next
    os.kill(postmaster, signal.SIGKILL)
    os.kill(supervisor, signal.SIGKILL)
    again = await start_embedded(home)
    try:
        assert await ask(again.dsn, "SELECT n FROM kept") == 7
    finally:
        await again.close()
        await server.close()
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await busy
    session.terminate()


async def test_the_supervisor_starts_a_killed_server_again(home: Path) -> None:
    server = await start_embedded(home)
    try:
        await ask(server.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
        session = await asyncpg.connect(server.dsn)
        killed = postmaster_of(home)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: _is_ready(home, other_than=killed), "another server")
        session.terminate()
        assert await ask(server.dsn, "SELECT n FROM kept") == 7
    finally:
        await server.close()


async def test_a_strangers_process_under_the_old_servers_pid_does_not_matter(home: Path) -> None:
    server = await start_embedded(home)
    await server.close()
    lines = [str(os.getpid()), str(home / "data"), "1", "5432", str(home / "data"), "", "0 0", "ready", ""]
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (home / "data" / name).write_text("\n".join(lines))
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT 1") == 1
    finally:
        await server.close()


async def test_an_interrupted_initialization_is_done_again(home: Path) -> None:
    server = await start_embedded(home)
    await server.close()
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT 1") == 1
        assert not (home / "data.new").exists()
    finally:
        await server.close()


def _is_ready(home: Path, other_than: int) -> bool:
    try:
        lines = (home / "data" / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] != str(other_than) and lines[7].strip() == "ready"
