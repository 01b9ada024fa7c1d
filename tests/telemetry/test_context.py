"""Correlation ids: bound by a request, taken along by commands and events."""

import pytest

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload
from clone_cqrs.telemetry import bound


class Say(Payload):
    text: str


class SayCommand(Command[Say, None], type="test.say"): ...


class Said(DomainEvent[Say], type="test.said", aggregate="speech"): ...


async def correlation_of_said(**metadata: str) -> tuple[str, str]:
    """(the command's id, the correlation id of the event that it causes)."""
    bus = CommandBus()

    @bus.handles(SayCommand, policy=anyone)
    async def say(command: SayCommand) -> CommandResult[None]:
        return CommandResult(True, None, events=[Said(aggregate_id="1", payload=command.payload)])

    command = SayCommand({"text": "hello"}, "ada", metadata=metadata)
    (event,) = (await bus.execute(command)).events
    return str(command.command_id), event.metadata["correlation_id"]


async def test_an_event_has_the_correlation_id_that_is_bound() -> None:
    with bound(correlation_id="request-1"):
        assert (await correlation_of_said())[1] == "request-1"


async def test_the_commands_own_correlation_id_counts_more() -> None:
    with bound(correlation_id="request-1"):
        assert (await correlation_of_said(correlation_id="own"))[1] == "own"
        assert (await correlation_of_said(correlationId="own"))[1] == "own"


async def test_without_any_it_is_the_commands_id() -> None:
    command_id, correlation_id = await correlation_of_said()
    assert correlation_id == command_id


def test_one_inside_another_keeps_the_id_unless_it_is_given_one() -> None:
    with bound(correlation_id="request-1") as outer:
        with bound(actor="ada") as same:
            assert same == outer == "request-1"
        with bound(correlation_id="request-2") as other:
            assert other == "request-2"
        with bound() as again:
            assert again == "request-1"


@pytest.mark.parametrize("given", ["", "with space", "line\nbreak", "x" * 129, "NUL\x00", "é"])
def test_replaces_an_id_that_could_not_be_stored_or_would_break_a_line(given: str) -> None:
    with bound(correlation_id=given) as used:
        assert used != given
        assert len(used) == 36
