"""One trace from a request through the command and the log to handlers and refreshes, in whichever process they run.

Planted bugs, each seen to fail its test: the trace context not stored with the event; the span of a delivery not ended when
its handler raises; the delivery's span under the span that the worker was started in; the refresh a trace of its own; the
text of an exception in its span.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind, StatusCode
from tests.commands.waiting import DEADLINE_S, until
from tests.consistency.points import PointsGiven
from tests.telemetry.points_application import BADGES, give_points, view_points
from tests.telemetry.watched import Spans, watched

from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent

REPOSITORY = Path(__file__).parents[2]
GIVEN = "a value that was given"  # not PLANTED: a dead letter keeps what a handler said
PROCESS = "process points.given"
REFRESH = "REFRESH MATERIALIZED VIEW points_view"


async def executed_elsewhere(dsn: str, user_id: Any) -> dict[str, tuple[int, int]]:
    """(trace, span) by name, of another process that has executed one command."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.telemetry.executing_process", dsn, str(user_id)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src"), *sys.path])},
    )
    told, _ = await child.communicate()
    return {name: (trace, span) for name, trace, span in json.loads(told)}


async def ended(spans: Spans, *names: str) -> None:
    """Wait until spans of these names have ended, as many of each as it is named."""

    async def there() -> bool:
        return all(spans.names().count(name) >= names.count(name) for name in names)

    await until(there)


async def test_the_trace_of_a_command_goes_on_in_the_handlers_and_refreshes_of_another_process(
    points_dsn: str, spans: Spans
) -> None:
    with spans.provider.get_tracer("test").start_as_current_span("start of the worker"):
        worker = watched(points_dsn, spans)
        await worker.__aenter__()
    try:
        remote = await executed_elsewhere(points_dsn, uuid4())
        await ended(spans, PROCESS, PROCESS, REFRESH)
    finally:
        await worker.__aexit__()
    (trace_id,) = {trace for trace, _span in remote.values()}
    processed = [span for span in spans.ended() if span.name == PROCESS]
    for span in processed:
        assert span.kind is SpanKind.CONSUMER
        assert span.parent is not None
        assert (span.parent.trace_id, span.parent.span_id, span.parent.is_remote) == (*remote["command points.give"], True)
    subscriptions = {span.attributes["messaging.destination.subscription.name"] for span in processed if span.attributes}
    assert subscriptions == {BADGES, "cqrs.views"}
    refresh = spans.named(REFRESH)
    assert refresh.context is not None
    assert refresh.parent is not None
    assert refresh.context.trace_id == trace_id
    upkeep = [s for s in processed if s.attributes and s.attributes["messaging.destination.subscription.name"] == "cqrs.views"]
    assert [refresh.parent.span_id] == [span.context.span_id for span in upkeep if span.context is not None]


async def test_a_command_has_spans_for_its_handler_and_its_commit(points_dsn: str, spans: Spans) -> None:
    async with watched(points_dsn, spans, workers=False) as application:
        command = give_points(uuid4())
        result = await application.commands.execute(command)
    whole = spans.named("command points.give")
    assert whole.context is not None
    assert dict(whole.attributes or {}) == {
        "cqrs.command.type": "points.give",
        "cqrs.command.id": str(command.command_id),
        "cqrs.outcome": "ok",
        "cqrs.event.positions": (result.events[0].position,),
    }
    for name, kind in (("handle", SpanKind.INTERNAL), ("COMMIT", SpanKind.CLIENT)):
        step = spans.named(name)
        assert step.kind is kind
        assert step.parent is not None
        assert step.parent.span_id == whole.context.span_id
    assert dict(spans.named("COMMIT").attributes or {}) == {"db.system.name": "postgresql", "db.operation.name": "COMMIT"}


async def test_a_query_says_whether_its_answer_came_from_the_cache(points_dsn: str, spans: Spans) -> None:
    user_id = uuid4()
    async with watched(points_dsn, spans, workers=False) as application:
        for _ in range(2):
            (await application.queries.execute(view_points(user_id))).unwrap()
    asked = [span.attributes for span in spans.ended() if span.name == "query points.view"]
    assert [attributes["cqrs.from_cache"] for attributes in asked if attributes] == [False, True]


async def test_a_refusal_is_an_outcome_and_a_bug_is_an_error(points_dsn: str, spans: Spans) -> None:
    async with watched(points_dsn, spans, workers=False) as application:
        refused = give_points(uuid4())
        await application.commands.execute(refused, roles=())
        stolen = type(refused)(refused.payload, "somebody else")
        assert not (await application.commands.execute(stolen)).success
        below = give_points(uuid4(), -1)
        await application.commands.execute(below)
    told = [span for span in spans.ended() if span.name == "command points.give"]
    assert [(span.attributes or {})["cqrs.outcome"] for span in told] == ["ok", "forbidden", "rule_violated"]
    assert {span.status.status_code for span in told} == {StatusCode.UNSET}


async def test_the_span_of_a_handler_that_raises_is_ended_and_marked_without_the_errors_text(
    points_dsn: str, spans: Spans
) -> None:
    async def fail(_event: DomainEvent[Any]) -> None:
        raise LookupError(GIVEN)

    async with watched(points_dsn, spans, hear=fail) as application:
        await application.commands.execute(give_points(uuid4()))
        await ended(spans, PROCESS, PROCESS, PROCESS)  # of the upkeep, and two attempts
    failed = [span for span in spans.ended() if span.name == PROCESS and span.status.status_code is StatusCode.ERROR]
    assert [(span.attributes or {})["error.type"] for span in failed] == ["LookupError", "LookupError"]
    assert all(span.end_time is not None and not span.events for span in failed)
    assert GIVEN not in "".join(span.to_json() for span in spans.ended())


async def test_a_refresh_is_linked_to_all_that_led_to_it(points_dsn: str, spans: Spans) -> None:
    async with watched(points_dsn, spans) as application:
        # A view's refresh, once begun, is followed by one for all that comes meanwhile.
        for _ in range(5):
            await application.commands.execute(give_points(uuid4()))
        await application.drain(DEADLINE_S)
    commands = {s.context.trace_id for s in spans.ended() if s.name == "command points.give" and s.context is not None}
    refreshes = [span for span in spans.ended() if span.name == REFRESH]
    led = [span.parent.trace_id for span in refreshes if span.parent is not None]
    led += [link.context.trace_id for span in refreshes for link in span.links]
    assert sorted(led) == sorted(commands)


async def test_what_a_handler_causes_belongs_to_the_trace_and_the_correlation_of_its_event(
    points_dsn: str, spans: Spans
) -> None:
    async def give_more(event: DomainEvent[Any]) -> None:
        if event.payload.points == 1:
            await application.commands.execute(give_points(event.payload.user_id, 2))

    application = watched(points_dsn, spans, hear=give_more)
    async with application:
        first = await application.commands.execute(give_points(uuid4()))
        await ended(spans, "command points.give", "command points.give")
        rows = await application.database.fetch("SELECT metadata FROM cqrs.event ORDER BY position")
    metadata = [json.loads(row["metadata"]) for row in rows]
    assert [each["correlation_id"] for each in metadata] == [first.events[0].metadata["correlation_id"]] * 2
    traces = [each["traceparent"].split("-")[1] for each in metadata]
    assert traces[0] == traces[1]


async def test_without_tracing_the_trace_of_an_event_is_handed_on_as_it_is(points_dsn: str) -> None:
    heard: list[DomainEvent[Any]] = []

    async def give_more(event: DomainEvent[Any]) -> None:
        heard.append(event)
        if event.payload.points == 1:
            await application.commands.execute(give_points(event.payload.user_id, 2))

    remote = await executed_elsewhere(points_dsn, uuid4())
    application = watched(points_dsn, hear=give_more, start="beginning", tracing=False)
    async with application:

        async def both() -> bool:
            return len(heard) == 2

        await until(both)
    trace_id = f"{remote['POST'][0]:032x}"
    assert [event.metadata["traceparent"].split("-")[1] for event in heard] == [trace_id] * 2


async def test_a_trace_that_is_not_sampled_is_sampled_nowhere(points_dsn: str) -> None:
    nobody, somebody = Spans(ALWAYS_OFF), Spans(ParentBased(ALWAYS_ON))
    async with watched(points_dsn, somebody) as worker, watched(points_dsn, nobody, workers=False) as application:
        (event,) = (await application.commands.execute(give_points(uuid4()))).events
        await worker.drain(DEADLINE_S)
    flags = int(event.metadata["traceparent"].rpartition("-")[2], 16)
    assert flags & 1 == 0
    assert somebody.names() == nobody.names() == []


@pytest.mark.parametrize("traceparent", ["nonsense", "", 7])
async def test_a_trace_context_that_cannot_be_read_stops_nobody(points_dsn: str, spans: Spans, traceparent: object) -> None:

    user_id = uuid4()
    async with watched(points_dsn, spans) as application:
        event = PointsGiven(
            aggregate_id=user_id, payload={"user_id": user_id, "points": 1}, metadata={"traceparent": traceparent}
        )
        await append_committed(application.database, [event])
        await ended(spans, PROCESS, PROCESS)
    assert {span.status.status_code for span in spans.ended()} == {StatusCode.UNSET}


async def test_a_look_that_leads_to_no_refresh_is_called_so(points_dsn: str, spans: Spans) -> None:
    application = watched(points_dsn, spans)
    around = application.consistency._around_refresh

    async def skipped() -> bool:
        return False

    application.consistency.use_around_refreshes(lambda view, _refresh: around(view, skipped))
    async with application:
        await application.commands.execute(give_points(uuid4()))
        await application.drain(DEADLINE_S)
    look = spans.named("look at points_view")
    assert (look.attributes or {})["cqrs.outcome"] == "skipped"
    assert REFRESH not in spans.names()
