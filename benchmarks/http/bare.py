"""The bare endpoints: FastAPI and asyncpg as one writes them by hand, with the product's statements and nothing around them.

No authentication, no request id, no cache, no idempotency key from a header: less is done here than behind the product's
addresses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, HTTPException

from benchmarks.durable.workload import INSERT_USER, PASSWORD_HASH, RECORD_COMMAND
from clone_cqrs.domain.users.commands import CreateUser, UserData
from clone_cqrs.domain.users.queries import GetUser, User
from clone_cqrs.postgres.statements import statement

_GET_USER = statement("clone_cqrs.domain.users", "get_user")


def bare_app(dsn: str, connections: int) -> FastAPI:
    """POST /commands/user.create and POST /queries/user.get."""
    pool: asyncpg.Pool

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        nonlocal pool
        # As the product's pool: connections are not reset each time.
        async with asyncpg.create_pool(dsn, min_size=connections, max_size=connections, reset=_not_at_all) as pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/commands/user.create")
    async def create_user(body: CreateUser) -> UserData:
        command_id, event_id, user_id = uuid4(), uuid4(), body.user_id or uuid4()
        now = datetime.now(UTC)
        data = UserData(user_id=user_id)
        payload = body.model_copy(update={"user_id": user_id}).model_dump_json(by_alias=True, exclude={"password"})
        metadata = f'{{"correlation_id":"{command_id}","causation_id":"{command_id}","schema_version":1}}'
        async with pool.acquire() as connection:
            await connection.execute(f"BEGIN; SELECT FROM cqrs.claim_command('{command_id}')")
            await connection.fetchval(INSERT_USER, user_id, body.email, body.name, PASSWORD_HASH, body.subscription_tier, now)
            await connection.fetchrow(
                RECORD_COMMAND,
                command_id,
                "user.create",
                "system",
                bytes(32),
                data.model_dump_json(by_alias=True),
                now,
                event_id,
                "user.created",
                "user",
                str(user_id),
                None,
                now,
                payload,
                metadata,
            )
            await connection.execute("COMMIT")
        return data

    @app.post("/queries/user.get")
    async def get_user(body: GetUser) -> User:
        user_id: UUID = body.user_id
        async with pool.acquire() as connection:
            row = await connection.fetchrow(_GET_USER, user_id)
        if row is None:
            raise HTTPException(404)
        return User.model_validate(dict(row))

    return app


async def _not_at_all(_connection: asyncpg.Connection) -> None:
    return None
