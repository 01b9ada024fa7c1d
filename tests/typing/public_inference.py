"""What mypy infers from the public API; checked by test_inference.py (and by every run of mypy), never run."""

from __future__ import annotations

from typing import Any, assert_type
from uuid import UUID, uuid4

from clone_cqrs.commands import BaseCommandHandler, CommandBus
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Page, Payload, Query, QueryResult
from clone_cqrs.queries import BaseQueryHandler, QueryBus


class RenameUser(Payload):
    user_id: UUID
    name: str


class UserRenamedData(Payload):
    name: str


class RenameUserCommand(Command[RenameUser, UserRenamedData], type="user.rename"): ...


class ListUsersQuery(Query[RenameUser, Page[UserRenamedData]], type="user.list"): ...


class UserRenamed(DomainEvent[RenameUser], type="user.renamed", aggregate="user", tables=("users",)): ...


class RenameUserHandler(BaseCommandHandler[RenameUserCommand, UserRenamedData]):
    policy = anyone

    async def handle(self, command: RenameUserCommand) -> CommandResult[UserRenamedData]:
        assert_type(command.payload, RenameUser)
        event = UserRenamed(aggregate_id=command.payload.user_id, payload=command.payload)
        assert_type(event.payload, RenameUser)
        refused = self.error(NotImplementedError())  # type: ignore[arg-type]  # only a CqrsError is an outcome
        assert_type(refused, CommandResult[UserRenamedData])
        self.success(RenameUser(user_id=uuid4(), name=""))  # type: ignore[arg-type]  # not what the command promises
        return self.success(UserRenamedData(name=command.payload.name), [event])


class ListUsersHandler(BaseQueryHandler[ListUsersQuery, Page[UserRenamedData]]):
    policy = anyone


async def commands(bus: CommandBus) -> None:
    command = RenameUserCommand(payload={"user_id": uuid4(), "name": "Ada"}, user_id="ada")
    assert_type(command.payload, RenameUser)
    assert_type(command.command_id, UUID)
    assert_type(command.user_id, str)
    RenameUserCommand(payload=RenameUser(user_id=uuid4(), name="Ada"), user_id=uuid4())
    RenameUserCommand(payload=UserRenamedData(name="Ada"), user_id="ada")  # type: ignore[arg-type]
    result = await bus.execute(command)
    assert_type(result, CommandResult[UserRenamedData])
    assert_type(result.data, UserRenamedData | None)
    assert_type(result.unwrap(), UserRenamedData)
    assert_type(result.token, str | None)
    assert_type(result.events, tuple[DomainEvent[Any], ...])
    assert_type(await bus.execute_message(b"{}"), CommandResult[Any])
    bus.register(RenameUserCommand, RenameUserHandler())
    bus.register("user.rename", RenameUserHandler())

    @bus.handles(RenameUserCommand, policy=anyone)
    async def rename(command: RenameUserCommand) -> UserRenamedData:
        return UserRenamedData(name=command.payload.name)

    assert_type(await rename(command), UserRenamedData)


async def queries(bus: QueryBus) -> None:
    query = ListUsersQuery(payload={"user_id": uuid4(), "name": "Ada"}, user_id="ada")
    result = await bus.execute(query)
    assert_type(result, QueryResult[Page[UserRenamedData]])
    assert_type(result.unwrap().items, tuple[UserRenamedData, ...])
    assert_type(result.from_cache, bool)
