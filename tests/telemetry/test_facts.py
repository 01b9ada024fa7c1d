"""Every line that is logged in a handler says what it belongs to.

Planted bugs, each seen to fail its test: the subscription's name left out; facts of a command that outlive it; a worker
that keeps what was bound where it was started.
"""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
import structlog
from tests.commands.waiting import DEADLINE_S
from tests.domain.cheap_clone import open_cheap_clone
from tests.planted_secret import PLANTED
from tests.telemetry.points_application import BADGES, give_points, log, view_points
from tests.telemetry.watched import Spans, watched

from clone_cqrs.domain import CreateUserCommand
from clone_cqrs.instrumentation import instrument
from clone_cqrs.messages import DomainEvent
from clone_cqrs.telemetry import bound, configure_logging, get_logger

Lines = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What is printed as JSON; everything as it was, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(json=True, level="DEBUG", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(printed: io.StringIO) -> Lines:
    """The lines of an event, or of a message."""
    return lambda event: [line for text in printed.getvalue().splitlines() if (line := json.loads(text))["event"] == event]


async def test_lines_of_command_and_query_handlers_name_their_message_and_its_actor(points_dsn: str, lines: Lines) -> None:
    command, query = give_points(uuid4()), view_points(uuid4())
    async with watched(points_dsn, workers=False) as application:
        with bound(correlation_id="request-1"):
            await application.commands.execute(command)
        await application.queries.execute(query)
        log.info("outside")
    (giving,), (viewing,), (outside,) = lines("giving"), lines("viewing"), lines("outside")
    assert {name: giving[name] for name in ("correlation_id", "command_type", "command_id", "actor")} == {
        "correlation_id": "request-1",
        "command_type": "points.give",
        "command_id": str(command.command_id),
        "actor": command.user_id,
    }
    assert (viewing["query_type"], viewing["query_id"]) == ("points.view", str(query.query_id))
    assert viewing["correlation_id"] == str(query.query_id)
    assert "command_id" not in viewing
    assert set(outside) == {"event", "level", "logger", "timestamp"}


async def test_lines_of_an_events_handler_name_the_event_its_subscription_and_what_caused_it(
    points_dsn: str, lines: Lines
) -> None:
    heard = asyncio.Event()

    async def hear(_event: DomainEvent[Any]) -> None:
        log.info("hearing")
        get_logger("clone_cqrs.somewhere").info("hearing")
        heard.set()

    async with AsyncExitStack() as opened:
        with bound(actor="whoever started the worker"):
            application = await opened.enter_async_context(watched(points_dsn, hear=hear))
        with bound(correlation_id="request-1"):
            result = await application.commands.execute(give_points(uuid4()))
        async with asyncio.timeout(DEADLINE_S):
            await heard.wait()
    assert len(lines("hearing")) == 2
    for line in lines("hearing"):
        assert "actor" not in line
        assert {name: line[name] for name in ("correlation_id", "event_type", "event_id", "subscription")} == {
            "correlation_id": "request-1",
            "event_type": "points.given",
            "event_id": str(result.events[0].event_id),
            "subscription": BADGES,
        }


async def test_lines_about_a_refresh_name_the_view_and_what_caused_it(points_dsn: str, lines: Lines) -> None:
    async with watched(points_dsn) as application:
        refresh = application.consistency._around_refresh

        async def tell(view: str, run: Any) -> object:
            async def told() -> object:
                log.info("refreshing")
                return await run()

            return await refresh(view, told)

        application.consistency.use_around_refreshes(tell)
        with bound(correlation_id="request-1"):
            await application.commands.execute(give_points(uuid4()))
        await application.drain(DEADLINE_S)
    assert {(line["view"], line["correlation_id"]) for line in lines("refreshing")} == {("points_view", "request-1")}


async def test_no_secret_is_in_a_line_a_span_or_a_metric(clone_dsn: str, printed: io.StringIO) -> None:
    spans = Spans()
    clone = open_cheap_clone(clone_dsn, migrate=False)
    instrumentation = instrument(clone, tracer_provider=spans.provider)
    assert instrumentation.metrics is not None
    payload = {"email": "ada@example.com", "name": "Ada", "password": PLANTED, "subscription_tier": "free"}
    async with clone:
        command = CreateUserCommand(user_id="system", payload=payload)
        get_logger("clone_cqrs.somewhere").info("creating", command=command, payload=command.payload)
        (await clone.commands.execute(command)).unwrap()
        again = await clone.commands.execute_message(
            {"commandType": "user.create", "userId": "system", "payload": {**payload, "extra": PLANTED}}, roles=["system"]
        )
        assert not again.success
        await clone.drain(DEADLINE_S)
        metrics = (await instrumentation.metrics.text()).decode()
    told = printed.getvalue() + "".join(span.to_json() for span in spans.ended()) + metrics
    assert "user.create" in told
    assert PLANTED not in told
    assert "ada@example.com" not in told
