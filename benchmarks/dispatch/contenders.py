"""The ways through a CommandBus that are timed, each beside a bare await of the same handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry

from clone_cqrs.commands import BaseCommandHandler, CommandBus
from clone_cqrs.dispatch.middleware import Middleware
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.events import EventPublisher
from clone_cqrs.instrumentation.messages import WatchedMessages
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload, uuid7
from clone_cqrs.telemetry.meters import Meters
from clone_cqrs.telemetry.tracing import Tracing


class RenameUser(Payload):
    user_id: UUID
    name: str


class UserRenamedData(Payload):
    user_id: UUID


class RenameUserCommand(Command[RenameUser, UserRenamedData], type="user.rename"):
    pass


class UserRenamed(DomainEvent[RenameUser], type="user.renamed", aggregate="user"):
    pass


Handler = BaseCommandHandler[RenameUserCommand, UserRenamedData]
_DATA = UserRenamedData(user_id=uuid7())


class DefaultHooks(Handler):
    policy = owner_of("user_id") | has_role("admin")

    async def handle(self, command: RenameUserCommand) -> CommandResult[UserRenamedData]:
        return self.success(_DATA)


class OwnHooks(Handler):
    async def validate_command(self, command: RenameUserCommand) -> list[str]:
        return []

    async def check_authorization(self, command: RenameUserCommand, resource: Any = None) -> bool:
        return True

    async def handle(self, command: RenameUserCommand) -> CommandResult[UserRenamedData]:
        return self.success(_DATA)


class Emits(DefaultHooks):
    async def handle(self, command: RenameUserCommand) -> CommandResult[UserRenamedData]:
        return self.success(_DATA, [UserRenamed(aggregate_id=command.user_id, payload=command.payload)])


@dataclass(frozen=True)
class Contender:
    """`product` is timed against `floor`; at_most: the ratio that may not be passed, where there is one."""

    name: str
    floor: Callable[[Any], Awaitable[Any]]
    product: Callable[[Any], Awaitable[Any]]
    at_most: float | None = None


def contenders() -> list[Contender]:
    """A bus each, so that one's middleware or publisher is not another's."""
    return [
        _through(DefaultHooks(), "default hooks, policy owner_of or has_role", at_most=4.0),
        _through(OwnHooks(), "validate_command, check_authorization, handle overridden", at_most=8.0),
        _through(DefaultHooks(), "default hooks, authorization off", enable_authorization=False),
        _through(DefaultHooks(), "default hooks, one middleware", middleware=_pass_on),
        _watched("default hooks, telemetry: facts and metrics"),
        _watched("default hooks, telemetry: facts, metrics and a recorded span", Tracing(TracerProvider())),
        _through(Emits(), "default hooks, one event, no publisher"),
        _through(Emits(), "default hooks, one event, memory publisher, one listener", publisher=_publisher()),
    ]


def commands(count: int) -> list[RenameUserCommand]:
    """As many different commands, each by its owner: nothing that a bus might remember of one helps with another."""
    made = []
    for number in range(count):
        user_id = uuid7()
        made.append(RenameUserCommand(payload=RenameUser(user_id=user_id, name=f"Ada {number}"), user_id=user_id))
    return made


def _through(
    handler: Handler,
    name: str,
    *,
    at_most: float | None = None,
    middleware: Middleware | None = None,
    publisher: EventPublisher | None = None,
    enable_authorization: bool = True,
) -> Contender:
    bus = CommandBus(event_publisher=publisher, enable_validation=True, enable_authorization=enable_authorization)
    bus.register(RenameUserCommand, handler)
    if middleware is not None:
        bus.use(middleware)
    return Contender(name, handler.handle, bus.execute, at_most)


def _watched(name: str, tracing: Tracing | None = None) -> Contender:
    handler = DefaultHooks()
    bus = CommandBus()
    bus.register(RenameUserCommand, handler)
    bus.use(WatchedMessages("command", bus, tracing, Meters(CollectorRegistry())))
    return Contender(name, handler.handle, bus.execute)


async def _pass_on(message: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
    return await call_next(message)


def _publisher() -> EventPublisher:
    publisher = EventPublisher(transport="memory")
    publisher.on("user.renamed", _listen)
    return publisher


async def _listen(_event: DomainEvent[Any]) -> None:
    return None
