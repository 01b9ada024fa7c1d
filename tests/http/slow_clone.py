"""The clone with a command that takes as long as a test wants, and with handlers that are broken."""

from typing import Any

from tests.domain.cheap_clone import open_cheap_clone

from clone_cqrs.bootstrap import Application
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload, Query

SLOW_CLONE = f"{__name__}:open_slow_clone"
GATE = 771
"""An advisory lock: whoever holds it keeps `test.wait` waiting."""
SOMEBODY_WAITS = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted"


class Wait(Payload):
    text: str = ""


class Waited(Payload):
    done: bool


class WaitCommand(Command[Wait, Waited], type="test.wait"): ...


class BreakCommand(Command[Wait, Waited], type="test.break"): ...


class BreakQuery(Query[Wait, Waited], type="test.break"): ...


def open_slow_clone(dsn: str | None = None, **settings: Any) -> Application:
    """As open_clone. `test.wait` waits while somebody holds the lock GATE."""
    clone = open_cheap_clone(dsn, workers=False, **settings)

    @clone.commands.handles(WaitCommand, policy=anyone)
    async def wait(command: WaitCommand) -> CommandResult[Waited]:
        other = await clone.database.connect()
        try:
            await other.execute(f"SELECT pg_advisory_lock_shared({GATE})")
        finally:
            await other.close()
        event: DomainEvent[Any] = DomainEvent(
            event_type="test.waited",
            aggregate_type="test",
            aggregate_id=command.command_id,
            payload={"userId": command.user_id},
        )
        return CommandResult(True, Waited(done=True), events=[event])

    @clone.commands.handles(BreakCommand, policy=anyone)
    async def break_command(command: BreakCommand) -> Waited:
        raise RuntimeError(f"broken by {command.payload.text}")

    @clone.queries.handles(BreakQuery, policy=anyone)
    async def break_query(query: BreakQuery) -> Waited:
        raise RuntimeError(f"broken by {query.payload.text}")

    return clone
