"""`clone-cqrs views verify`.

Planted bugs, each seen to fail here: an exit code of 0 for a difference; values of personal columns printed.
"""

import asyncio
import json
import os
import pty
import signal
import subprocess

import asyncpg
import pytest
from tests.cli.program import PROGRAM, ROOT, clone_cqrs, environment
from tests.cli.views.inn import APP
from tests.commands.waiting import DEADLINE_S

from clone_cqrs.cli.faults import FaultError, UsageFaultError
from clone_cqrs.cli.views.verifying import Asked, verify_views

ALL = Asked(names=(), sample=None, repair=False, timeout=30.0, unmasked=False)
GUESTS = Asked(names=("guest_view",), sample=1_000, repair=False, timeout=30.0, unmasked=False)
UNHEARD = """
ALTER TABLE guest DISABLE TRIGGER USER;
UPDATE guest SET name = 'Ada Lovelace', points = 1000 WHERE id = 7;
DELETE FROM guest WHERE id = 8;
ALTER TABLE guest ENABLE ALWAYS TRIGGER public_guest_of_public_guest_u;
ALTER TABLE guest ENABLE ALWAYS TRIGGER public_guest_of_public_guest_d;
"""
SLOW = "CREATE OR REPLACE VIEW guest_definition AS SELECT g.id, g.name, g.points FROM guest g, pg_sleep(100)"


async def test_says_that_all_is_well_and_what_it_did_not_compare(
    connection: asyncpg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await verify_views(ALL, APP, dsn, False)
    printed = capsys.readouterr()
    assert printed.err == "without a fresh reading, and not compared: plain_view\n"
    assert printed.out.startswith("guest_view: 40 rows are as its definition says (")


async def test_shows_rows_that_differ_but_no_personal_data(
    connection: asyncpg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await connection.execute(UNHEARD)
    assert not await verify_views(GUESTS, APP, dsn, False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith("guest_view: 2 of 40 rows differ from its definition (")
    assert lines[2:] == ["7 name ********** **********", "points 7 1000", "8 the definition lacks the row"]
    assert not await verify_views(Asked(("guest_view",), None, False, 30.0, True), APP, dsn, False)
    assert "Ada Lovelace" in capsys.readouterr().out


async def test_repairs_and_still_ends_with_1(connection: asyncpg.Connection, dsn: str) -> None:
    await connection.execute(UNHEARD)
    ended = clone_cqrs(
        *("views", "verify", "guest_view", "--repair", "--json", "--app", APP, "--dsn", dsn),
        cwd=ROOT,
    )
    assert ended.code == 1
    (told,) = ended.json
    assert (told["view"], told["rows"], told["different"], told["noted"], told["whole"]) == ("guest_view", 40, 2, 2, True)
    (seven, eight) = told["differences"]
    assert seven["columns"][0] == {"column": "name", "fresh": None, "definition": None, "hidden": True}
    assert (eight["key"], eight["side"]) == (["8"], "has")
    assert "Ada" not in json.dumps(told)
    assert await connection.fetchval("SELECT name FROM guest_fresh WHERE id = 7") == "Ada Lovelace"
    assert await verify_views(GUESTS, APP, dsn, True)


async def test_what_cannot_be_compared_is_told_in_one_line(connection: asyncpg.Connection, dsn: str) -> None:
    with pytest.raises(UsageFaultError, match="plain_view has no fresh reading"):
        await verify_views(Asked(("plain_view",), None, False, 30.0, False), APP, dsn, False)
    with pytest.raises(UsageFaultError, match="there is no view 'guests'; there are guest_view, plain_view"):
        await verify_views(Asked(("guests",), None, False, 30.0, False), APP, dsn, False)
    await connection.execute("REFRESH MATERIALIZED VIEW guest_view WITH NO DATA")
    with pytest.raises(FaultError, match="guest_view has never been filled: run `clone-cqrs views refresh guest_view`"):
        await verify_views(GUESTS, APP, dsn, False)
    await connection.execute(f"REFRESH MATERIALIZED VIEW guest_view; {SLOW}")
    with pytest.raises(FaultError, match=r"takes more than 0\.05 s to be compared: give it more with --timeout"):
        await verify_views(Asked(("guest_view",), None, False, 0.05, False), APP, dsn, False)


async def test_ends_at_once_and_cleanly_at_ctrl_c(connection: asyncpg.Connection, dsn: str) -> None:
    await connection.execute(SLOW)
    ours, theirs = pty.openpty()  # a terminal, so that there is a progress bar to be taken away again
    running = await asyncio.create_subprocess_exec(
        *(*PROGRAM, "views", "verify", "guest_view", "--app", APP, "--dsn", dsn),
        cwd=ROOT,
        env=environment(TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'clone-cqrs verify'"
    async with asyncio.timeout(DEADLINE_S):
        while not await connection.fetchval(f"{sessions} AND state = 'active'"):
            assert running.returncode is None
        running.send_signal(signal.SIGINT)
        shown = await asyncio.to_thread(_all, ours)
        out, _ = await running.communicate()
        while await connection.fetchval(sessions):
            pass
    assert (running.returncode, out) == (130, b"")
    assert b"interrupted" in shown
    assert b"Traceback" not in shown


def _all(terminal: int) -> bytes:
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # its other side is closed
        pass
    os.close(terminal)
    return shown
