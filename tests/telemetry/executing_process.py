"""A process of its own that executes one command inside a request's span, and prints that span's ids and the command's."""

import asyncio
import json
import sys
from uuid import UUID

from tests.telemetry.points_application import give_points
from tests.telemetry.watched import Spans, watched

from clone_cqrs.telemetry import bound


async def execute(dsn: str, user_id: UUID) -> None:
    spans = Spans()
    async with watched(dsn, spans, workers=False) as application:
        with bound(correlation_id="request-1"), spans.provider.get_tracer("test").start_as_current_span("POST"):
            (await application.commands.execute(give_points(user_id))).unwrap()
    print(json.dumps([[s.name, s.context.trace_id, s.context.span_id] for s in spans.ended() if s.context is not None]))


if __name__ == "__main__":
    asyncio.run(execute(sys.argv[1], UUID(sys.argv[2])))
