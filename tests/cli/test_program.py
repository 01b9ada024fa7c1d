"""`clone-cqrs` itself: help, version, exit codes, and how it tells what is wrong."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.cli.program import ROOT, called, clone_cqrs, environment

COMMANDS = (
    "check",
    "demo",
    "doctor",
    "dead-letters retry",
    "events tail",
    "execute",
    "import",
    "migrate",
    "query",
    "serve",
    "status",
    "subscriptions remove",
    "views list",
    "views refresh",
    "views verify",
    "worker",
)


def test_explains_itself() -> None:
    ended = clone_cqrs("--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: clone-cqrs" in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_spells_the_options_alike(command: str) -> None:
    ended = called(*command.split(), "--help", columns="200")
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: clone-cqrs {command}" in ended.out
    assert re.search(r"--dsn +DSN ", ended.out)
    assert "--json" in ended.out
    if command != "demo":  # it is the clone's own
        assert re.search(r"--app +MODULE:NAME ", ended.out)
        assert "[env var: DATABASE_URL]" in ended.out


def test_help_waits_for_no_driver() -> None:
    slow = ("asyncpg", "pydantic", "sqlalchemy", "alembic", "structlog", "fastapi", "clone_cqrs.domain", "clone_cqrs.events")
    loaded = "import sys; import clone_cqrs.cli.program; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=environment())
    assert set(slow) & set(run.stdout.split()) == set()


def test_tells_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ended = clone_cqrs("--version")
    assert ended.code == 0
    assert ended.out in (f"clone-cqrs {project['version']}\n", "clone-cqrs (not installed)\n")


@pytest.mark.parametrize("arguments", [["explode"], ["import"], ["migrate", "--explode"], ["import", "x", "y"]])
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    ended = clone_cqrs(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: clone-cqrs" in ended.err


SECRET = "correct-horse"
WITH_SECRETS = [
    (f"postgresql://ada:{SECRET}@127.0.0.1:1/x", 1, "PostgreSQL refuses the connection"),
    (f"postgresql://ada:{SECRET}@/x?host=/nowhere/{SECRET}", 1, "PostgreSQL's socket is not there"),
    (f"mysql://ada:{SECRET}@127.0.0.1/x", 2, "the DSN cannot be understood: a DSN looks like postgresql://"),
    (SECRET, 2, "the DSN cannot be understood"),
    (f"postgresql://ada:{SECRET}@127.0.0.1:{SECRET}/x", 2, "the DSN cannot be understood"),
    (f"postgresql://ada:{SECRET}@[127.0.0.1/x", 2, "the DSN cannot be understood"),
    (f"postgresql://ada:{SECRET}@127.0.0.1/x?sslmode={SECRET}", 2, "the DSN cannot be understood"),
]


@pytest.mark.parametrize(("dsn", "code", "said"), WITH_SECRETS)
def test_a_server_that_cannot_be_had_is_told_in_one_line_without_the_dsn(dsn: str, code: int, said: str) -> None:
    ended = clone_cqrs("migrate", env={"DATABASE_URL": dsn})
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(f"error: {said}")
    assert ended.err.count("\n") == 1
    assert SECRET not in ended.err


def test_the_option_goes_before_the_environment() -> None:
    ended = clone_cqrs("migrate", "--dsn", "nonsense", env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"})
    assert ended.code == 2


def test_writes_to_a_terminal_of_any_encoding(empty_dsn: str) -> None:
    ended = clone_cqrs("migrate", "--dsn", empty_dsn, env={"PYTHONIOENCODING": "ascii"})
    assert (ended.code, ended.err) == (0, "")
    assert "nothing ? " in ended.out


def test_a_database_that_is_not_there_is_told(empty_dsn: str) -> None:
    ended = clone_cqrs("migrate", "--dsn", empty_dsn + "_not")
    assert ended.code == 1
    assert ended.err == "error: the database of the DSN does not exist: create it (createdb), or name another\n"


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("nowhere", "'nowhere' should be MODULE:NAME"),
        ("nowhere:x", "there is no module 'nowhere'"),
        ("here.nowhere:x", "there is no module 'here.nowhere'"),
        ("here:aplication", "here has no 'aplication'; did you mean 'application'?"),
        ("here:number", "here:number is of type int; it should be an Application"),
        ("here:nothing", "here:nothing returns of type NoneType; it should return an Application"),
        ("here:later", "here:later returns a coroutine; it should return an Application, and not be async"),
    ],
)
def test_says_what_is_wrong_with_an_application(tmp_path: Path, app: str, said: str) -> None:
    (tmp_path / "here.py").write_text(
        "number = 1\ndef application(): ...\ndef nothing(dsn): ...\nasync def later(dsn): ...\n", encoding="utf-8"
    )
    ended = clone_cqrs("migrate", "--app", app, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: --app: {said}"), ended.err


def test_the_bug_of_an_application_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("import does_not_exist\n", encoding="utf-8")
    ended = clone_cqrs("migrate", "--app", "here:x", cwd=tmp_path)
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert "does_not_exist" in ended.err


APPLICATION = """
from clone_cqrs import Application, CommandBus, Database, QueryBus

def wired(database):
    return Application(database=database, commands=CommandBus(database=database), queries=QueryBus(database=database))

def by_dsn(dsn=None):
    return wired(Database.open(dsn))

from_environment = wired(Database.open())
elsewhere = wired(Database.open({other!r}))
"""


@pytest.mark.parametrize("name", ["by_dsn", "from_environment"])
def test_an_application_of_ones_own_gets_the_dsn(empty_dsn: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "here.py").write_text(APPLICATION.format(other=""), encoding="utf-8")
    ended = clone_cqrs("migrate", "--app", f"here:{name}", "--dsn", empty_dsn, "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert list(ended.json) == ["cqrs"]


def test_never_uses_another_database_than_the_one_named(empty_dsn: str, dsn: str, tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text(APPLICATION.format(other=empty_dsn), encoding="utf-8")
    ended = clone_cqrs("migrate", "--app", "here:elsewhere", "--dsn", dsn, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "here:elsewhere names another database itself" in ended.err
