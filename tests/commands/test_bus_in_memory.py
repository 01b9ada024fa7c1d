"""The bus without a database: a usable kernel in one process.

Planted bugs, each seen to fail its test: events of a failed result published; in another order; a failure of the publisher
swallowed; the last middleware outermost; `use` at any time; a second handler let in; a missing policy let in; "system" without
its role; the caller not forgotten; a loop that goes on after a failure; an error of a hook let out.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from tests.commands.notes import NoteWritten, WriteNote, WriteNoteCommand, WrittenNote, write_note, written

from clone_cqrs.commands import BaseCommandHandler, CommandBus
from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import Policy, anyone, has_role, owner_of
from clone_cqrs.errors import (
    CommandAuthorizationError,
    CommandTimeoutError,
    CommandValidationError,
    DomainRuleError,
    HandlerAlreadyRegisteredError,
    MissingPolicyError,
    NotFoundError,
    PublishError,
    StorageUnavailableError,
    UnknownCommandError,
)
from clone_cqrs.events import EventPublisher
from clone_cqrs.messages import Command, CommandResult, DomainEvent

Handle = Callable[[WriteNoteCommand], Any]


class Handler(BaseCommandHandler[WriteNoteCommand, WrittenNote]):
    policy: Policy | None = anyone  # type: ignore[misc]

    def __init__(self, handle: Handle | None = None, policy: Policy | None = anyone) -> None:
        self.policy = policy
        self.seen: list[WriteNoteCommand] = []
        self._handle = handle

    async def handle(self, command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        self.seen.append(command)
        if self._handle is not None:
            found: CommandResult[WrittenNote] = await self._handle(command)
            return found
        return self.success(WrittenNote(note_id=command.payload.note_id, receipt=uuid4()), [written(command.payload.note_id)])


def bus_with(handler: BaseCommandHandler[Any, Any], **options: Any) -> CommandBus:
    bus = CommandBus(**options)
    bus.register(WriteNoteCommand, handler)
    return bus


def publishing() -> tuple[EventPublisher, list[DomainEvent[Any]]]:
    publisher = EventPublisher(transport="memory")
    heard: list[DomainEvent[Any]] = []

    async def hear(event: DomainEvent[Any]) -> None:
        heard.append(event)

    publisher.on("*", hear)
    return publisher, heard


async def test_carries_a_command_out() -> None:
    handler = Handler()
    command = write_note()
    result = await bus_with(handler).execute(command)
    assert (result.success, result.error, result.replayed, result.token) == (True, None, False, None)
    assert result.unwrap().note_id == command.payload.note_id
    assert handler.seen == [command]


async def test_publishes_the_events_in_order_after_the_handler_succeeded() -> None:
    publisher, heard = publishing()
    heard_inside: list[int] = []

    async def three(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        heard_inside.append(len(heard))
        data = WrittenNote(note_id=command.payload.note_id, receipt=uuid4())
        return CommandResult(True, data, None, [written(uuid4(), text) for text in "abc"])

    command = write_note()
    result = await bus_with(Handler(three), event_publisher=publisher).execute(command)
    assert heard_inside == [0]
    assert [event.payload.text for event in heard] == ["a", "b", "c"]
    assert result.events == tuple(heard)
    assert {event.metadata["causation_id"] for event in heard} == {str(command.command_id)}
    assert {event.timestamp for event in heard} == {command.timestamp}


async def test_a_failed_result_publishes_nothing() -> None:
    publisher, heard = publishing()

    async def fail(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        return CommandResult(False, None, DomainRuleError("no"), [written(uuid4())])

    result = await bus_with(Handler(fail), event_publisher=publisher).execute(write_note())
    assert (result.success, result.events) == (False, ())
    assert heard == []


async def test_a_failure_to_publish_is_raised_with_the_result_and_what_is_left() -> None:
    publisher = EventPublisher(transport="memory")
    texts: list[str] = []

    async def hear(event: NoteWritten) -> None:
        texts.append(event.payload.text)
        if event.payload.text == "b":
            raise ConnectionError("gone")

    async def three(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        data = WrittenNote(note_id=command.payload.note_id, receipt=uuid4())
        return CommandResult(True, data, None, [written(uuid4(), text) for text in "abc"])

    publisher.on("note.written", hear)  # type: ignore[arg-type]
    with pytest.raises(PublishError) as raised:
        await bus_with(Handler(three), event_publisher=publisher).execute(write_note())
    assert texts == ["a", "b"]
    assert [event.payload.text for event in raised.value.unpublished] == ["b", "c"]
    assert raised.value.result is not None
    assert raised.value.result.success
    assert isinstance(raised.value.result.data, WrittenNote)


async def test_a_broker_that_is_not_there_is_told_at_the_first_publish() -> None:
    publisher = EventPublisher(project_id="a-project")
    bus = bus_with(Handler(), event_publisher=publisher)
    with pytest.raises(PublishError, match="pubsub") as raised:
        await bus.execute(write_note())
    assert len(raised.value.unpublished) == 1


async def test_middleware_wraps_everything_the_first_one_outermost() -> None:
    publisher = EventPublisher(transport="memory")
    steps: list[str] = []

    async def hear(_event: Any) -> None:
        steps.append("published")

    async def handled(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        steps.append("handled")
        return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()), None, [written(uuid4())])

    def layer(name: str) -> Any:
        async def middleware(message: Any, call_next: Any) -> Any:
            steps.append(f"{name} in")
            result = await call_next(message)
            steps.append(f"{name} out")
            return result

        return middleware

    publisher.on("*", hear)
    bus = bus_with(Handler(handled), event_publisher=publisher)
    bus.use(layer("first"))
    bus.use(layer("second"))
    await bus.execute(write_note())
    assert steps == ["first in", "second in", "handled", "published", "second out", "first out"]


async def test_middleware_may_answer_by_itself_or_pass_another_command() -> None:
    handler = Handler()
    other = write_note(text="other")

    async def change(message: Any, call_next: Any) -> Any:
        return CommandResult(True, "mine") if message.payload.text == "mine" else await call_next(other)

    bus = bus_with(handler)
    bus.use(change)
    assert (await bus.execute(write_note(text="mine"))).data == "mine"  # type: ignore[comparison-overlap]
    await bus.execute(write_note())
    assert handler.seen == [other]


async def test_use_comes_before_the_first_execute() -> None:
    bus = bus_with(Handler())
    await bus.execute(write_note())
    with pytest.raises(RuntimeError):
        bus.use(lambda message, call_next: call_next(message))


def test_a_type_has_one_handler() -> None:
    bus = bus_with(Handler())
    with pytest.raises(HandlerAlreadyRegisteredError):
        bus.register(WriteNoteCommand, Handler())
    with pytest.raises(HandlerAlreadyRegisteredError):
        bus.register("note.write", Handler())
    with pytest.raises(HandlerAlreadyRegisteredError):
        CommandBus().register("note.writ", Handler())


def test_a_handler_without_a_policy_is_refused() -> None:
    with pytest.raises(MissingPolicyError, match=r"note\.write"):
        bus_with(Handler(policy=None))
    with pytest.raises(MissingPolicyError):
        CommandBus().handles(WriteNoteCommand)(_returning_nothing)
    bus_with(Handler(policy=None), enable_authorization=False)


async def _returning_nothing(_command: WriteNoteCommand) -> None: ...


def test_a_handler_that_overrides_the_check_needs_no_policy() -> None:
    class Checking(Handler):
        async def check_authorization(self, command: WriteNoteCommand, resource: Any = None) -> bool:
            return True

    assert bus_with(Checking(policy=None)).has_handler("note.write")


async def test_an_unknown_command_is_raised_by_execute_and_answered_to_a_message() -> None:
    bus = CommandBus()
    with pytest.raises(UnknownCommandError) as raised:
        await bus.execute(write_note())
    assert raised.value.message_type == "note.write"
    result = await bus.execute_message({"commandType": "note.write"})
    assert isinstance(result.error, UnknownCommandError)


async def test_handlers_are_found_by_type_and_by_class() -> None:
    handler = Handler()
    bus = bus_with(handler)
    assert bus.get_handler("note.write") is bus.get_handler(WriteNoteCommand) is handler
    assert bus.get_handler("note.erase") is None
    assert not bus.has_handler("note.erase")


async def test_many_commands_stop_at_the_first_failure() -> None:
    async def no_bread(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        if command.payload.text == "bread":
            return CommandResult(False, error=DomainRuleError("no bread"))
        return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()))

    handler = Handler(no_bread)
    bus = bus_with(handler)
    results = await bus.execute_many([write_note(text=text) for text in ("milk", "bread", "eggs")])
    assert [result.success for result in results] == [True, False]
    assert [command.payload.text for command in handler.seen] == ["milk", "bread"]
    assert await bus.execute_many([]) == []


CALLERS = [
    # user_id, roles given, whether has_role("admin") may, whether has_role("system") may, whether anyone may
    ("ada", None, False, False, True),
    ("ada", (), False, False, True),
    ("ada", {"admin"}, True, False, True),
    ("ada", ["admin", "other"], True, False, True),
    ("ada", {"system"}, False, True, True),
    ("system", None, False, True, True),
    ("system", (), False, False, False),
    ("system", {"admin"}, False, False, False),
    ("system", {"system"}, False, True, True),
    ("system", {"admin", "system"}, True, True, True),
]


@pytest.mark.parametrize(("user_id", "roles", "admin", "system", "anybody"), CALLERS)
async def test_who_may(user_id: str, roles: Any, admin: bool, system: bool, anybody: bool) -> None:
    for policy, may in ((has_role("admin"), admin), (has_role("system"), system), (anyone, anybody)):
        handler = Handler(policy=policy)
        result = await bus_with(handler).execute(write_note(user_id=user_id), roles=roles)
        assert result.success is may
        assert len(handler.seen) == may
        if not may:
            assert isinstance(result.error, CommandAuthorizationError)
            assert (result.error.user_id, result.error.resource) == (user_id, "note.write")


async def test_roles_are_never_the_messages() -> None:
    bus = bus_with(Handler(policy=has_role("admin")))
    payload = {"noteId": str(uuid4()), "text": "milk"}
    whole = {"commandType": "note.write", "userId": "system", "payload": payload, "metadata": {"roles": ["admin", "system"]}}
    for options in ({}, {"actor": "ada"}, {"actor": "system"}, {"actor": "system", "roles": ("admin",)}):
        result = await bus.execute_message(whole, **options)
        assert isinstance(result.error, CommandAuthorizationError)
    assert (await bus.execute_message(whole, actor="ada", roles={"admin"})).success


async def test_an_actor_replaces_the_messages_user_id_for_the_policy() -> None:
    bus = bus_with(Handler(policy=owner_of("note_id")))
    note_id = str(uuid4())
    whole = {"commandType": "note.write", "userId": note_id, "payload": {"noteId": note_id, "text": "milk"}}
    assert (await bus.execute_message(whole)).success
    assert not (await bus.execute_message(whole, actor="mallory")).success
    assert (await bus.execute_message({**whole, "userId": "mallory"}, actor=note_id)).success


async def test_a_text_is_no_collection_of_roles() -> None:
    with pytest.raises(TypeError):
        await bus_with(Handler()).execute(write_note(), roles="admin")


async def test_the_caller_is_known_while_a_command_is_handled_and_not_after() -> None:
    callers: list[Any] = []

    async def nested(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        callers.append(current_caller())
        if command.user_id == "ada":
            await bus.execute(write_note(user_id="bob"), roles={"b"})
            callers.append(current_caller())
        return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()))

    bus = bus_with(Handler(nested))
    await bus.execute(write_note(user_id="ada"), roles={"a"})
    assert callers == [("ada", frozenset({"a"})), ("bob", frozenset({"b"})), ("ada", frozenset({"a"}))]
    with pytest.raises(LookupError):
        current_caller()


async def test_all_violations_of_a_handlers_own_rules_are_answered() -> None:
    class Validating(Handler):
        async def validate_command(self, command: WriteNoteCommand) -> list[str]:
            return ["text: is not nice", "title: neither"]

    handler = Validating()
    result = await bus_with(handler).execute(write_note())
    assert isinstance(result.error, CommandValidationError)
    assert result.error.violations == ("text: is not nice", "title: neither")
    assert handler.seen == []
    assert (await bus_with(Validating(), enable_validation=False).execute(write_note())).success


async def test_validation_comes_before_authorization() -> None:
    class Both(Handler):
        async def validate_command(self, command: WriteNoteCommand) -> list[str]:
            return ["text: is not nice"]

    result = await bus_with(Both(policy=has_role("nobody"))).execute(write_note())
    assert isinstance(result.error, CommandValidationError)


@pytest.mark.parametrize("hook", ["validate_command", "check_authorization", "prepare"])
async def test_an_answered_error_raised_in_a_hook_is_an_answer(hook: str) -> None:
    error = NotFoundError("not here")

    async def raising(_self: Any, _command: Any, _resource: Any = None) -> Any:
        raise error

    handler = type("Hooked", (Handler,), {hook: raising})()
    assert (await bus_with(handler).execute(write_note())).error is error


async def test_a_handler_may_ask_again_with_what_it_loaded() -> None:
    async def load(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        await handler.authorize(command, {"owner": command.payload.text})
        return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()))

    handler = Handler(load, policy=owner_of("owner") | Policy(lambda message, caller, resource: resource is None, "at first"))
    bus = bus_with(handler)
    assert (await bus.execute(write_note(text="ada", user_id="ada"))).success
    result = await bus.execute(write_note(text="bob", user_id="ada"))
    assert isinstance(result.error, CommandAuthorizationError)


async def test_a_faulty_error_is_raised_whether_returned_or_raised() -> None:
    async def returned(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        return CommandResult(False, error=StorageUnavailableError("gone"))

    async def raised(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        raise StorageUnavailableError("gone")

    for handle in (returned, raised):
        with pytest.raises(StorageUnavailableError):
            await bus_with(Handler(handle)).execute(write_note())


async def test_a_bug_is_raised_as_it_is() -> None:
    async def fail(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        raise ZeroDivisionError

    publisher, heard = publishing()
    with pytest.raises(ZeroDivisionError):
        await bus_with(Handler(fail), event_publisher=publisher).execute(write_note())
    assert heard == []


async def test_a_function_does_as_a_class_does() -> None:
    bus = CommandBus()

    @bus.handles(WriteNoteCommand, policy=anyone)
    async def write(command: WriteNoteCommand) -> WrittenNote:
        return WrittenNote(note_id=command.payload.note_id, receipt=uuid4())

    @bus.handles("note.erase", policy=anyone)
    async def erase(command: "Erase") -> CommandResult[str]:
        return CommandResult(True, "erased")

    assert isinstance((await bus.execute(write_note())).data, WrittenNote)
    assert (await bus.execute(Erase(payload={"note_id": uuid4(), "text": ""}, user_id="ada"))).data == "erased"


class Erase(Command[WriteNote, str], type="note.erase"): ...


async def test_time_runs_out() -> None:
    async def hang(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        await asyncio.Event().wait()
        raise AssertionError

    publisher, heard = publishing()
    result = await bus_with(Handler(hang), event_publisher=publisher).execute(write_note(), timeout=0.01)
    assert isinstance(result.error, CommandTimeoutError)
    assert heard == []


async def test_without_a_database_the_same_command_runs_each_time() -> None:
    handler = Handler()
    bus = bus_with(handler)
    command = write_note()
    assert [(await bus.execute(command)).replayed for _ in range(2)] == [False, False]
    assert len(handler.seen) == 2
