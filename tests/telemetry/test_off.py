"""Off is free, and needs nothing: no extra is imported, and nothing stands in a message's way.

Planted bugs, each seen to fail its test: opentelemetry imported by the package; a middleware that is always there.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from tests.telemetry.points_application import give_points, points_application
from tests.telemetry.watched import Spans

from clone_cqrs.commands import CommandBus
from clone_cqrs.instrumentation import instrument
from clone_cqrs.queries import QueryBus

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src"), *sys.path])}


async def test_everything_works_where_the_extra_is_not_installed(points_dsn: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.telemetry.without_extras_process", points_dsn),
        stdout=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    told, _ = await child.communicate()
    came_to = json.loads(told)
    refused = came_to.pop("refused")
    assert came_to == {"success": True, "tracing": False, "metrics": False}
    assert set(refused) == {"tracing", "metrics"}
    assert all("pip install 'clone-cqrs[telemetry]'" in text for text in refused.values())


def test_importing_the_package_imports_no_extra() -> None:
    program = (
        "import sys, clone_cqrs.bootstrap, clone_cqrs.domain, clone_cqrs.cli, clone_cqrs.instrumentation;"
        "print([name for name in sys.modules if name.partition('.')[0] in ('opentelemetry', 'prometheus_client')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert run.stdout.strip() == "[]"


async def test_nothing_stands_in_the_way_of_a_message_that_nobody_watches() -> None:
    application = points_application("postgres://nowhere")
    assert application.instrumentation is None
    assert application.commands.execute.__func__ is CommandBus.execute  # type: ignore[attr-defined]
    assert application.queries.execute.__func__ is QueryBus.execute  # type: ignore[attr-defined]
    for bus in (application.commands, application.queries):
        assert bus._middleware == []


async def test_without_an_sdk_there_are_no_spans_to_make() -> None:
    # A process that sets one up has it everywhere: this one of the tests has none.
    assert instrument(points_application("postgres://nowhere")).tracing is None
    assert instrument(points_application("postgres://nowhere"), tracing=False, tracer_provider=Spans().provider).tracing is None
    assert instrument(points_application("postgres://nowhere"), tracing=True).tracing is not None


async def test_a_second_call_answers_what_the_first_one_made() -> None:
    application = points_application("postgres://nowhere")
    assert instrument(application) is instrument(application, metrics=False) is application.instrumentation


async def test_is_refused_once_messages_have_been_executed(points_dsn: str) -> None:
    application = points_application(points_dsn, workers=False)
    async with application:
        await application.commands.execute(give_points(uuid4()))
        with pytest.raises(RuntimeError, match="before the first execute"):
            instrument(application)
