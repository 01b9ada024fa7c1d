"""The product: building the command, then the full path of CommandBus.execute."""

from __future__ import annotations

from benchmarks.durable.slices import per_second
from benchmarks.durable.workload import NAME, TIER, WithoutHashing
from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.users.commands import CreateUserCommand
from clone_cqrs.messages import uuid7
from clone_cqrs.postgres import Database


async def commands_per_second(dsn: str, *, in_flight: int, seconds: float) -> float:
    """Validation and authorization on; a connection for each command in flight."""
    async with Database.open(dsn, min_connections=in_flight, max_connections=in_flight) as database:
        bus = CommandBus(database=database)
        bus.register(CreateUserCommand, WithoutHashing(database))

        async def create_user() -> None:
            user_id = str(uuid7())
            payload = {
                "user_id": user_id,
                "email": f"{user_id}@example.com",
                "name": NAME,
                "password": "correct horse battery",
                "subscription_tier": TIER,
            }
            result = await bus.execute(CreateUserCommand(payload=payload, user_id="system"))
            assert result.success, result.error

        return await per_second([create_user] * in_flight, seconds)
