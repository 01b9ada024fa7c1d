"""The command `clone-cqrs demo`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Annotated

import typer

from clone_cqrs.cli.options import CLONE, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import print_json, result_screen


def demo(
    dsn: Annotated[
        str | None,
        typer.Option(
            "--dsn",
            metavar="DSN",
            help="An empty PostgreSQL database to use, and to leave the sample in. Without one: a server of the demo's own, "
            "in a temporary directory, whatever DATABASE_URL says.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """A day in the life of the conversational clone, on a real PostgreSQL: watch it, then try it yourself."""
    facts = run(_demo(dsn, quiet=as_json))
    if as_json:
        print_json(facts)


async def _demo(dsn: str | None, *, quiet: bool) -> dict[str, object]:
    """What was seen."""
    from clone_cqrs.cli.application import opened_database, resolve
    from clone_cqrs.cli.demo.day import Day
    from clone_cqrs.cli.demo.stage import Stage
    from clone_cqrs.cli.demo.texts import TITLE, goodbye
    from clone_cqrs.postgres.embedded import start_embedded

    screen = result_screen()
    screen.quiet = quiet
    stage = Stage(screen)
    screen.print(TITLE)
    async with AsyncExitStack() as closing:
        with stage.part("A PostgreSQL server") as part:
            where = "the one that --dsn names"
            if dsn is None:
                where = "in a temporary directory, on a Unix socket; it is gone when this ends"
                server = await start_embedded(None)
                closing.push_async_callback(server.close)
                dsn = server.dsn
            # No workers, no migration, so that the demo can show both. Cheap hashes: else they are most of what it takes.
            cost = resolve("clone_cqrs.domain:CHEAPEST")
            opening = opened_database(CLONE, dsn, workers=False, migrate=False, password_cost=cost)
            application = await closing.enter_async_context(opening)
            await closing.enter_async_context(application)
            version = await application.database.fetch_value("SHOW server_version")
            part.show(f"PostgreSQL {version}, {where}")
        day = Day(stage, application)
        await day.live()
    screen.print(goodbye(stage.seconds))
    return {"postgresql": version, **day.facts, "seconds": {title: round(p.seconds, 3) for title, p in stage.parts.items()}}
