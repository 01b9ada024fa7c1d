"""A contender as a process of its own: uvicorn with the same settings, and pinned to one core, for each of them.

python -m benchmarks.http.servers bare|product|uncached    on DATABASE_URL; prints its address
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from benchmarks.durable.workload import WithoutHashing
from benchmarks.http.bare import bare_app
from clone_cqrs.bootstrap import Application
from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.users.commands import CreateUserCommand
from clone_cqrs.domain.users.queries import GetUserQuery
from clone_cqrs.domain.users.query_handlers import GetUserQueryHandler
from clone_cqrs.http import HttpSettings, create_app
from clone_cqrs.http.serving import listening
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus

KEY = "a key for measuring, which is long enough for HS256"
SETTINGS = HttpSettings(jwt_key=KEY)
CONNECTIONS = 10
UNCACHED_ENTRIES = 1
"""A cache that keeps next to nothing: every question misses it, is loaded, stored, and puts the one before out."""


@asynccontextmanager
async def server(contender: str, dsn: str, *, core: int | None) -> AsyncIterator[str]:
    """The address of a server that answers."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.http.servers", contender),
        env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        if not address:
            raise RuntimeError(f"the server of {contender} did not start")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _app(contender: str, dsn: str) -> FastAPI:
    if contender == "bare":
        return bare_app(dsn, CONNECTIONS)
    database = Database.open(dsn, min_connections=CONNECTIONS, max_connections=CONNECTIONS)
    commands = CommandBus(database=database)
    commands.register(CreateUserCommand, WithoutHashing(database))
    entries = UNCACHED_ENTRIES if contender == "uncached" else 10_000
    queries = QueryBus(database, enable_caching=True, max_entries=entries)
    queries.register(GetUserQuery, GetUserQueryHandler(database))
    return create_app(Application(database=database, commands=commands, queries=queries, workers=False), SETTINGS)


def main() -> None:
    with listening("127.0.0.1", 0) as listener:
        config = uvicorn.Config(
            _app(sys.argv[1], os.environ["DATABASE_URL"]), access_log=False, log_level="warning", server_header=False, ws="none"
        )
        host, port = listener.getsockname()
        print(f"http://{host}:{port}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
