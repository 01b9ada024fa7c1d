"""What an application finds of its views when their upkeep starts.

Planted bugs, each seen to fail here: a start that raises what it finds; views that are not there yet told of.
"""

import logging

import asyncpg
import pytest
from tests.views.catalog.inn import GUESTS, TABLES

from clone_cqrs import Application, CommandBus, Database, QueryBus
from clone_cqrs.views import create_fresh_view


def application(dsn: str, *, workers: bool = True) -> Application:
    database = Database.open(dsn)
    return Application(
        database=database,
        commands=CommandBus(database=database),
        queries=QueryBus(database=database),
        views=(GUESTS,),
        workers=workers,
    )


async def test_starts_and_tells_what_is_wrong_with_the_views(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    async with application(dsn) as early:
        assert early.view_findings == ()
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLES)
        await create_fresh_view(connection, GUESTS)
        async with application(dsn) as right:
            assert right.view_findings == ()
        assert caplog.messages == []
        await connection.execute("ALTER TABLE inn.visit DISABLE TRIGGER inn_guest_of_inn_visit_u")
        async with application(dsn, workers=False) as reader:
            assert reader.view_findings == ()
        async with application(dsn) as wrong:
            assert [finding.code for finding in wrong.view_findings] == ["trigger_disabled"]
        (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert "view_finding" in told.getMessage()
    finally:
        await connection.close()
