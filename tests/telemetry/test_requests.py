"""A request over HTTP is the beginning of everything that follows from it, in spans, metrics and log lines.

Planted bugs, each seen to fail its test: the request's traceparent not read; addresses in place of routes.
"""

import json
from uuid import uuid4

import httpx
from opentelemetry.trace import SpanKind
from tests.commands.waiting import DEADLINE_S
from tests.http.caller import SETTINGS, Caller, bearer
from tests.telemetry.test_metrics import value, values_of
from tests.telemetry.watched import Spans, watched

from clone_cqrs.bootstrap import Application
from clone_cqrs.http import create_app

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ROUTE = "/commands/{message_type}"


def calling(application: Application) -> Caller:
    transport = httpx.ASGITransport(create_app(application, SETTINGS, opens=False), raise_app_exceptions=False)
    return Caller(httpx.AsyncClient(transport=transport, base_url="http://points.test"))


async def test_the_trace_of_a_request_goes_through_command_and_log_to_the_refresh(points_dsn: str, spans: Spans) -> None:
    user_id = str(uuid4())
    async with watched(points_dsn, spans) as application:
        answer = await calling(application).command(
            "points.give", {"userId": user_id, "points": 1}, bearer(user_id), traceparent=TRACEPARENT
        )
        assert answer.status_code == 200, answer.text
        await application.drain(DEADLINE_S)
    assert {f"{span.context.trace_id:032x}" for span in spans.ended() if span.context is not None} == {TRACE}
    names = set(spans.names())
    assert names == {
        f"POST {ROUTE}",
        "command points.give",
        "handle",
        "COMMIT",
        "process points.given",
        "REFRESH MATERIALIZED VIEW points_view",
    }
    request, command = spans.named(f"POST {ROUTE}"), spans.named("command points.give")
    assert request.kind is SpanKind.SERVER
    assert request.context is not None
    assert command.parent is not None
    assert command.parent.span_id == request.context.span_id
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": ROUTE,
        "url.scheme": "http",
        "http.response.status_code": 200,
    }


async def test_a_span_of_somebody_elses_instrumentation_is_gone_on_with(points_dsn: str, spans: Spans) -> None:
    async with watched(points_dsn, spans, workers=False) as application:
        with spans.provider.get_tracer("theirs").start_as_current_span("theirs") as theirs:
            await calling(application).command("points.give", {}, bearer("ada"), traceparent=TRACEPARENT)
    parent = spans.named(f"POST {ROUTE}").parent
    assert parent is not None
    assert parent.span_id == theirs.get_span_context().span_id


async def test_requests_are_counted_by_route_and_status(points_dsn: str) -> None:
    user_id = str(uuid4())
    async with watched(points_dsn, workers=False) as application:
        http = calling(application)
        await http.command("points.give", {"userId": user_id, "points": 1}, bearer(user_id))
        for name in ("points.give", "made.up", "made.up.too"):
            await http.command(name, {}, bearer(user_id))
        told = await values_of(application)
    request = {"method": "POST", "route": ROUTE}
    assert value(told, "cqrs_http_requests_total", status="200", **request) == 1
    assert value(told, "cqrs_http_requests_total", status="422", **request) == 1
    assert value(told, "cqrs_http_requests_total", status="404", **request) == 2
    assert value(told, "cqrs_http_request_duration_seconds_count", **request) == 4


async def test_the_correlation_id_of_a_request_is_in_the_log(points_dsn: str) -> None:
    user_id = str(uuid4())
    async with watched(points_dsn, workers=False) as application:
        answer = await calling(application).command(
            "points.give", {"userId": user_id, "points": 1}, bearer(user_id), **{"X-Request-ID": "request-1"}
        )
        metadata = json.loads(await application.database.fetch_value("SELECT metadata FROM cqrs.event"))
    assert answer.headers["X-Request-ID"] == "request-1"
    assert metadata["correlation_id"] == "request-1"
