"""Servers as processes of their own.

Planted bug, seen to fail its test: signals left to uvicorn, which ends the process before the application is closed.
"""

import asyncio
import time
from pathlib import Path

import asyncpg
import httpx
from tests.http.caller import ADMIN, Caller, bearer
from tests.http.served import Server, served
from tests.http.slow_clone import GATE, SLOW_CLONE, SOMEBODY_WAITS

DEADLINE_S = 30.0


def calling(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, timeout=DEADLINE_S)


async def takes_connections(server: Server) -> bool:
    try:
        async with calling(server) as client:
            assert (await client.get("/readyz")).status_code in (200, 503)
    except httpx.TransportError:
        return False
    return True


async def until(statement: str, on: asyncpg.Connection) -> None:
    """Wait until a statement finds a row."""
    deadline = time.monotonic() + DEADLINE_S
    while await on.fetchrow(statement) is None:
        assert time.monotonic() < deadline, f"nothing from {statement}"
        await asyncio.sleep(0.02)


async def test_a_token_of_one_process_is_honoured_by_another(clone_dsn: str, tmp_path: Path) -> None:
    with served(clone_dsn, tmp_path / "a") as one, served(clone_dsn, tmp_path / "b") as two:
        async with calling(one) as at_one, calling(two) as at_two:
            user_id = await Caller(at_one).user()
            question, owner = {"userId": user_id}, bearer(user_id)
            assert (await Caller(at_two).query("user.get_profile", question, owner)).json()["data"]["name"] == "Ada"
            for name in ("Augusta", "Ada King"):
                renamed = await Caller(at_one).command("user.update", {**question, "name": name}, owner)
                token = renamed.headers["consistency-token"]
                answer = await Caller(at_two).query("user.get_profile", question, owner, **{"Consistency-Token": token})
                assert answer.json()["data"]["name"] == name


async def test_ends_on_a_signal_once_the_running_command_is_done(clone_dsn: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(clone_dsn)
    await connection.execute(f"SELECT pg_advisory_lock({GATE})")
    with served(clone_dsn, tmp_path / "log", SLOW_CLONE) as server:
        async with calling(server) as client:
            running = asyncio.create_task(Caller(client).command("test.wait", {}, bearer("ada")))
            await until(SOMEBODY_WAITS, connection)
            server.terminate()
            while await takes_connections(server):
                pass
            assert server.process.poll() is None
            await connection.execute(f"SELECT pg_advisory_unlock({GATE})")
            answer = await running
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == {"done": True}
        assert server.ended() == 0, server.said()
        assert await connection.fetchval("SELECT count(*) FROM cqrs.event WHERE event_type = 'test.waited'") == 1
        assert "Traceback" not in server.said()
    await connection.close()


async def test_ends_on_a_signal_though_somebody_listens_to_events(clone_dsn: str, tmp_path: Path) -> None:
    with served(clone_dsn, tmp_path / "log") as server:
        async with calling(server) as client, client.stream("GET", "/events", headers=ADMIN) as stream:
            assert stream.status_code == 200
            server.terminate()
            rest = [line async for line in stream.aiter_lines()]
        assert [line for line in rest if line.startswith("data:")] == []
        assert server.ended() == 0, server.said()
        assert "Traceback" not in server.said()
