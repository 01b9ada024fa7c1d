"""`clone-cqrs views list`."""

import json
from typing import Any

import asyncpg
import pytest
from tests.cli.views.inn import APP

from clone_cqrs.cli.views.listing import list_views
from clone_cqrs.cli.views.refreshing import refresh_views


async def test_lists_views_with_their_changes_and_fills(
    connection: asyncpg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def listed(*names: str) -> Any:
        await list_views(names, APP, dsn, True)
        return json.loads(capsys.readouterr().out)

    await connection.execute("UPDATE guest SET points = 0 WHERE id IN (1, 2, 3)")
    guests, plain = await listed()
    assert (guests["name"], guests["fresh"], guests["changes"], guests["refreshedAt"]) == ("guest_view", True, 3, None)
    assert guests["filledAt"] is not None
    assert guests["bytes"] > 0
    assert (plain["name"], plain["fresh"], plain["changes"], plain["filledAt"]) == ("plain_view", False, None, None)
    await refresh_views(("guest_view",), APP, dsn, True)
    capsys.readouterr()
    (refreshed,) = await listed("guest_view")
    assert refreshed["changes"] == 0
    assert refreshed["refreshSeconds"] > 0


async def test_says_why_changes_wait_and_what_is_missing(
    connection: asyncpg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await connection.execute("UPDATE cqrs.view SET waits_for = 'pg_read_all_stats'; DROP MATERIALIZED VIEW plain_view")
    await list_views((), APP, dsn, False)
    heading, guests, plain, reason = (" ".join(line.split()) for line in capsys.readouterr().out.splitlines())
    assert heading.startswith("view reading rows size changes filled refreshed")
    assert guests.startswith("guest_view fresh ")
    assert plain == "plain_view not there"
    assert reason == "guest_view: pg_read_all_stats"
