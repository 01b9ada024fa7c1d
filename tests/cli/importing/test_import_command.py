"""`clone-cqrs import`, as a process, against a real server."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.cli.program import PROGRAM, ROOT, clone_cqrs, environment
from tests.conftest import ServerFactory
from tests.domain.cheap_clone import CHEAP_CLONE

SECRET = "hunter2-hunter2"
DEADLINE_S = 60
CHEAP = ("--app", CHEAP_CLONE)


def create_user(**payload: Any) -> dict[str, Any]:
    user_id = str(uuid4())
    given = {
        "userId": user_id,
        "email": f"{user_id}@example.com",
        "name": "Ada",
        "password": SECRET,
        "subscriptionTier": "free",
    }
    return {"commandId": str(uuid4()), "commandType": "user.create", "userId": "system", "payload": given | payload}


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def fetch(dsn: str, sql: str, *parameters: Any) -> list[asyncpg.Record]:
    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn)
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *parameters)
            return found
        finally:
            await connection.close()

    return asyncio.run(run())


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_no_broken_line_stops_the_others(clone_dsn: str, tmp_path: Path) -> None:
    known, stranger = create_user(), str(uuid4())
    lines = [
        (b"\xef\xbb\xbf" + line(known).rstrip() + b"\r\n", None),
        (b"\n", None),
        (b"  \t \r\n", None),
        (b"not JSON\n", "malformed"),
        (b"\xff\xfe\n", "malformed"),
        (b"\x00\x00\n", "malformed"),
        (b'{"commandType": "user.create", "userId": \n', "malformed"),
        (b"[1, 2, 3]\n", "malformed"),
        (b"null\n", "malformed"),
        (b"{}\n", "malformed"),
        (b'{"commandType": 7}\n', "malformed"),
        (b'{"commandType": "user.update", "payload": {"x": NaN}}\n', "malformed"),
        (b'{"commandType": "user.create", "payload": ' + b"[" * 40 + b"]" * 40 + b"}\n", "malformed"),
        (b"[" * 100_000 + b"\n", "malformed"),
        (b'"' + b"x" * 3 * 1024 * 1024 + b'"\n', "malformed"),
        (line({"commandType": "user.explode", "userId": "system", "payload": {}}), "unknown_command"),
        (line({"commandType": "user.create", "userId": "system"}), "validation_failed"),
        (line(create_user(password="short")), "validation_failed"),
        (line(create_user(name="a\x00b")), "validation_failed"),
        (line(create_user(name="\ud800")), "validation_failed"),
        (line(create_user(age=10**400)), "validation_failed"),
        (line(create_user() | {"commandId": "no id"}), "validation_failed"),
        (line(create_user() | {"timestamp": "2026-03-01T00:00:00"}), "validation_failed"),
        (line(create_user() | {"command_type": "user.create"}), "validation_failed"),
        (line(create_user() | {"userId": stranger}), "forbidden"),
        (line(create_user() | {"roles": ["system"]}), "validation_failed"),
        (line(create_user(email=known["payload"]["email"].upper())), "conflict"),
        (line(known), None),  # replayed
        (line(known | {"payload": known["payload"] | {"name": "Eve"}}), "idempotency_mismatch"),
        (line({"commandType": "user.update", "userId": stranger, "payload": {"userId": stranger, "name": "X"}}), "not_found"),
        (line(create_user()).rstrip(), None),  # and no line end
    ]
    file, rejects = tmp_path / "nasty.jsonl", tmp_path / "rejects.jsonl"
    file.write_bytes(b"".join(text for text, _ in lines))
    ended = clone_cqrs("import", file, *CHEAP, "--dsn", clone_dsn, "--json", "--rejects", rejects, cwd=ROOT)
    assert ended.code == 0, ended.err
    expected = [(number, code) for number, (_, code) in enumerate(lines, 1) if code]
    told = [json.loads(text) for text in rejects.read_text(encoding="utf-8").splitlines()]
    assert [(reject["line"], reject["code"]) for reject in told] == expected
    codes = [code for _, code in expected]
    assert ended.json == {
        "lines": len(lines) - 2,
        "executed": 2,
        "replayed": 1,
        "rejected": {code: codes.count(code) for code in sorted(set(codes))},
    }
    assert SECRET not in rejects.read_text(encoding="utf-8") + ended.out + ended.err
    assert len(fetch(clone_dsn, "SELECT FROM user_profile_view")) == 2


def test_says_which_rule_a_line_breaks(clone_dsn: str, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    given = line(create_user(email="nobody", password="short", subscriptionTier=SECRET))
    clone_cqrs("import", "-", *CHEAP, "--dsn", clone_dsn, "--rejects", rejects, cwd=ROOT, stdin=given)
    (told,) = [json.loads(text) for text in rejects.read_text(encoding="utf-8").splitlines()]
    assert told["violations"] == [
        "email: should be an email address: one @, no spaces",
        "password: should have 8 to 128 characters",
        "subscriptionTier: should be one of 'free', 'pro' or 'enterprise'",
    ]


def test_shows_a_table_of_outcomes(empty_dsn: str) -> None:
    given = line(create_user()) + b"nothing\n"
    ended = clone_cqrs("import", "-", "--dsn", empty_dsn, stdin=given)
    assert ended.code == 0, ended.err
    table = [text.split() for text in ended.out.splitlines()]
    assert ["executed", "1"] in table
    assert ["refused:", "malformed", "1", "2"] in table
    assert ["all", "2"] in table
    assert "--rejects" in ended.out
    assert ended.err == ""


@pytest.mark.parametrize(("given", "code"), [(b"", 0), (b"\n\n", 0), (b"nothing\n", 1)])
def test_strict_fails_if_a_line_was_refused(clone_dsn: str, given: bytes, code: int) -> None:
    assert clone_cqrs("import", "-", *CHEAP, "--dsn", clone_dsn, "--strict", cwd=ROOT, stdin=given).code == code


def test_a_line_without_an_id_is_new_each_time(clone_dsn: str) -> None:
    user = create_user()
    user_id = user["payload"]["userId"]
    update = {"commandType": "user.update", "userId": user_id, "payload": {"userId": user_id, "name": "Grace"}}
    for executed, replayed in ((2, 0), (1, 1)):
        ended = clone_cqrs("import", "-", *CHEAP, "--dsn", clone_dsn, "--json", cwd=ROOT, stdin=line(user) + line(update))
        assert (ended.json["executed"], ended.json["replayed"]) == (executed, replayed)


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.jsonl", "No such file or directory"), (".", "it is a directory")],
)
def test_a_file_that_cannot_be_read_is_a_wrong_call(tmp_path: Path, name: str, said: str) -> None:
    ended = clone_cqrs("import", tmp_path / name, "--dsn", "postgresql://nobody@127.0.0.1:1/nothing")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: cannot read {tmp_path / name}: {said}\n"


def test_never_writes_the_rejects_over_its_own_file(tmp_path: Path) -> None:
    file = tmp_path / "commands.jsonl"
    file.write_bytes(b"nothing\n")
    ended = clone_cqrs("import", file, "--rejects", tmp_path / "." / "commands.jsonl")
    assert ended.code == 2
    assert "is the file to import" in ended.err
    assert file.read_bytes() == b"nothing\n"


def test_a_full_disk_stops_it(clone_dsn: str) -> None:
    given = line(create_user()) + b"nothing\n" + line(create_user())
    ended = clone_cqrs("import", "-", *CHEAP, "--dsn", clone_dsn, "--rejects", "/dev/full", cwd=ROOT, stdin=given)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: --rejects: cannot write /dev/full: No space left on device; what 1 lines did")


def test_an_outage_stops_it_and_the_same_import_goes_on(own_server: ServerFactory, tmp_path: Path) -> None:
    server = own_server()
    dsn = server.dsn()
    users = [create_user() for _ in range(6)]
    with subprocess.Popen(
        [*PROGRAM, "import", "-", *CHEAP, "--dsn", dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    ) as running:
        assert running.stdin is not None
        running.stdin.write(b"".join(map(line, users[:3])))
        running.stdin.flush()
        until(lambda: count_of_users(dsn) == 3)
        server.stop("immediate")
        out, err = running.communicate(b"".join(map(line, users[3:])), timeout=DEADLINE_S)
    assert (running.returncode, out) == (1, b"")
    assert b"what 3 lines did until then stays: run the same import again to go on" in err
    assert b"Traceback" not in err
    server.start()
    file = tmp_path / "users.jsonl"
    file.write_bytes(b"".join(map(line, users)))
    again = clone_cqrs("import", file, *CHEAP, "--dsn", dsn, "--json", cwd=ROOT)
    assert again.json == {"lines": 6, "executed": 3, "replayed": 3, "rejected": {}}


def test_ctrl_c_ends_it_cleanly(clone_dsn: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "import", "-", *CHEAP, "--dsn", clone_dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    ) as running:
        assert running.stdin is not None
        running.stdin.write(line(create_user()))
        running.stdin.flush()
        until(lambda: count_of_users(clone_dsn) == 1)
        # Its stdin stays open: it is waiting for the next line.
        running.send_signal(signal.SIGINT)
        running.wait(DEADLINE_S)
        assert running.stdout is not None
        assert running.stderr is not None
        assert (running.returncode, running.stdout.read()) == (130, b"")
        assert (
            running.stderr.read()
            == b"error: interrupted; what 1 lines did until then stays: run the same import again to go on\n"
        )


def test_a_role_that_may_not_migrate_or_refresh_can_import(clone_dsn: str) -> None:
    role = f"application_{uuid4().hex}"
    fetch(clone_dsn, f"CREATE ROLE {role} LOGIN")
    try:
        fetch(clone_dsn, f"SELECT cqrs.grant_application('{role}')")
        fetch(clone_dsn, f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}")
        dsn = clone_dsn.replace("postgres@", f"{role}@")
        ended = clone_cqrs("import", "-", *CHEAP, "--dsn", dsn, "--json", cwd=ROOT, stdin=line(create_user()))
        assert ended.json["executed"] == 1
        assert ended.code == 1
        assert ended.err.startswith("error: everything is imported, but the views are as they were: the DSN's user lacks")
    finally:
        fetch(clone_dsn, f"DROP OWNED BY {role}")
        fetch(clone_dsn, f"DROP ROLE {role}")


def test_the_bug_of_a_handler_refuses_its_line_and_fails_the_import(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "buggy.py").write_text(
        "from clone_cqrs import Application, Command, CommandBus, Database, Payload, QueryBus, anyone\n"
        "class Divide(Payload):\n    by: int\n"
        "class DivideCommand(Command[Divide, float], type='divide'): ...\n"
        "def application(dsn):\n"
        "    database = Database.open(dsn)\n"
        "    commands = CommandBus(database=database)\n"
        "    @commands.handles(DivideCommand, policy=anyone)\n"
        "    async def divide(command):\n        return 1 / command.payload.by\n"
        "    return Application(database=database, commands=commands, queries=QueryBus(database=database))\n",
        encoding="utf-8",
    )
    given = b"".join(line({"commandType": "divide", "userId": "someone", "payload": {"by": by}}) for by in (1, 0, 2))
    ended = clone_cqrs("import", "-", "--app", "buggy:application", "--dsn", dsn, "--json", cwd=tmp_path, stdin=given)
    assert ended.code == 1
    assert ended.json == {"lines": 3, "executed": 2, "replayed": 0, "rejected": {"internal_error": 1}}
    assert "line 2: ZeroDivisionError, raised in" in ended.err
    assert "return 1 / command.payload.by" in ended.err


@pytest.mark.parametrize("terminal", ["stderr", "none"])
def test_the_progress_is_for_a_terminal_only(clone_dsn: str, tmp_path: Path, terminal: str) -> None:
    file = tmp_path / "users.jsonl"
    file.write_bytes(b"".join(line(create_user()) for _ in range(5)))
    leader, follower = os.openpty()
    with subprocess.Popen(
        [*PROGRAM, "import", str(file), *CHEAP, "--dsn", clone_dsn, "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=follower if terminal == "stderr" else subprocess.PIPE,
        cwd=ROOT,
        env=environment(TERM="xterm"),
    ) as running:
        out, err = running.communicate(timeout=DEADLINE_S)
    os.close(follower)
    shown = os.read(leader, 65_536) if terminal == "stderr" else err
    os.close(leader)
    assert json.loads(out)["executed"] == 5
    assert (b"lines" in shown) is (terminal == "stderr"), shown


def count_of_users(dsn: str) -> int:
    try:
        return len(fetch(dsn, "SELECT FROM users"))
    except asyncpg.UndefinedTableError:
        return 0
