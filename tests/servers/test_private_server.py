"""The servers that every other test stands on."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import ServerFactory
from tests.servers.postgresql import PrivateServer, is_alive, wait_until_gone

REPOSITORY = Path(__file__).parents[2]


async def test_runs_the_version_asked_for(server: PrivateServer, postgres_version: str) -> None:
    [row] = await server.fetch("SELECT current_setting('server_version') AS version")
    assert row["version"].split(".")[0] == postgres_version


def test_does_not_run_as_root(server: PrivateServer) -> None:
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0


async def test_listens_on_loopback_only(server: PrivateServer) -> None:
    [row] = await server.fetch("SELECT current_setting('listen_addresses') AS addresses")
    assert row["addresses"] == "127.0.0.1"


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_gets_a_database_of_its_own(empty_dsn: str, turn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("CREATE TABLE seen (id int)")
    await connection.close()


async def test_keeps_committed_rows_over_a_crash(own_server: ServerFactory) -> None:
    server = own_server(fsync=True)
    await server.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server.restart("immediate")
    assert [row["n"] for row in await server.fetch("SELECT n FROM kept")] == [7]


def test_removes_its_files_and_processes_when_closed(own_server: ServerFactory) -> None:
    server = own_server()
    pid = server.pid
    server.close()
    assert not is_alive(pid)
    assert not server.directory.exists()


def test_leaves_no_orphan_when_the_test_run_is_killed(own_server: ServerFactory) -> None:
    bin_directory = own_server().bin_directory
    program = (
        "import sys, time; from pathlib import Path; from tests.servers.postgresql import PrivateServer;"
        "server = PrivateServer.create(Path(sys.argv[1])); print(server.pid, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program, bin_directory],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])},
        text=True,
    )
    with run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    wait_until_gone(pid)


def test_says_what_went_wrong_when_it_does_not_start(own_server: ServerFactory) -> None:
    with pytest.raises(RuntimeError, match="no_such_setting"):
        own_server(no_such_setting="on")


def test_fixtures_work_beside_a_loop_of_the_tests_own(empty_dsn: str) -> None:
    async def ask() -> int:
        connection = await asyncpg.connect(empty_dsn)
        try:
            answer: int = await connection.fetchval("SELECT 1")
        finally:
            await connection.close()
        return answer

    assert asyncio.run(ask()) == 1
