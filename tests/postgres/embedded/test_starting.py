"""A server where there was none."""

import asyncio
import os
import subprocess
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.postgres.embedded.processes import mode_of, postmaster_of, wait_until_unused
from tests.servers.postgresql import wait_until_gone

from clone_cqrs.postgres.embedded import default_data_directory, start_embedded
from clone_cqrs.postgres.embedded._installation import find_installation


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_makes_a_durable_server_that_listens_on_a_unix_socket_only(home: Path) -> None:
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT current_database()::text") == "clone_cqrs"
        assert await ask(server.dsn, "SHOW listen_addresses") == ""
        assert await ask(server.dsn, "SHOW fsync") == "on"
        assert await ask(server.dsn, "SHOW data_checksums") == "on"
        assert await ask(server.dsn, "SHOW server_encoding") == "UTF8"
        assert str(await ask(server.dsn, "SHOW server_version")).startswith("18")
    finally:
        await server.close()


async def test_stops_the_server_when_the_last_hold_is_closed(home: Path) -> None:
    server = await start_embedded(home)
    postmaster = postmaster_of(home)
    await server.close()
    wait_until_gone(postmaster, deadline_s=0)


async def test_keeps_the_data_over_a_restart(home: Path) -> None:
    server = await start_embedded(home)
    await ask(server.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    await server.close()
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT n FROM kept") == 7
    finally:
        await server.close()


async def test_removes_a_temporary_directory_at_close() -> None:
    server = await start_embedded()
    assert mode_of(server.data_directory) == 0o700
    await server.close()
    assert not os.access(server.data_directory, os.F_OK)


async def test_closes_twice_without_harm(home: Path) -> None:
    server = await start_embedded(home)
    await server.close()
    await server.close()


@pytest.mark.parametrize("name", ['with spaces: "quotes" & ümlauts?', "long" * 30, "a, comma"])
async def test_works_in_any_directory(directory: Path, name: str) -> None:
    server = await start_embedded(directory / name)
    try:
        assert await ask(server.dsn, "SELECT 1") == 1
    finally:
        await server.close()


async def test_removes_the_directory_of_the_sockets_that_a_long_path_needs(directory: Path) -> None:
    server = await start_embedded(directory / ("long" * 30))
    sockets = Path(server.dsn.partition("host=")[2].partition("&")[0])
    assert directory not in sockets.parents
    assert mode_of(sockets) == 0o700
    await server.close()
    assert not os.access(sockets, os.F_OK)


async def test_gives_a_dsn_that_psql_and_sqlalchemy_understand(directory: Path) -> None:
    server = await start_embedded(directory / "with spaces")
    try:
        psql = find_installation().bin_directory / "psql"
        process = await asyncio.create_subprocess_exec(psql, "-XAtc", "SELECT 42", server.dsn, stdout=subprocess.PIPE)
        output, _ = await process.communicate()
        assert output == b"42\n"
        engine = create_async_engine(server.dsn.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT 42"))).scalar_one() == 42
        await engine.dispose()
    finally:
        await server.close()


async def test_is_not_led_astray_by_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATABASE": "none", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT 1") == 1
    finally:
        await server.close()


async def test_creates_the_database_again_when_it_was_dropped(home: Path) -> None:
    server = await start_embedded(home)
    await ask(server.dsn.replace("/clone_cqrs?", "/postgres?"), "DROP DATABASE clone_cqrs")
    await server.close()
    server = await start_embedded(home)
    try:
        assert await ask(server.dsn, "SELECT 1") == 1
    finally:
        await server.close()


async def test_does_not_change_an_existing_directorys_mode(directory: Path) -> None:
    home = directory / "mine"
    os.mkdir(home, mode=0o750)
    server = await start_embedded(home)
    await server.close()
    assert mode_of(home) == 0o750
    assert mode_of(directory) == 0o755


async def test_keeps_others_out_of_its_files(home: Path) -> None:
    server = await start_embedded(home)
    try:
        for name in (".", *os.listdir(home)):
            assert mode_of(home / name) & 0o077 == 0, name
    finally:
        await server.close()


async def test_leaves_no_hold_behind_when_a_start_is_cancelled(home: Path) -> None:
    start = asyncio.create_task(start_embedded(home))
    while not os.access(home / "supervisor.json", os.F_OK):  # noqa: ASYNC110  a file has no event
        await asyncio.sleep(0.01)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    await asyncio.to_thread(wait_until_unused, home)


def test_keeps_data_by_default_in_a_directory_of_this_user_and_version() -> None:
    path = default_data_directory()
    assert path.is_absolute()
    assert path.name == "postgresql-18"
    assert ("/var/lib/clone-cqrs" in str(path)) == (os.geteuid() == 0)
