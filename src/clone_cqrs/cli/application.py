"""From `--app module:name` to an open application."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from clone_cqrs.cli.faults import DSN_FORM, FaultError, UsageFaultError
from clone_cqrs.cli.options import CLONE

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.postgres import Database

_DSN = "DATABASE_URL"
_DIRECT = "DATABASE_DIRECT_URL"


def load_application(app: str, dsn: str | None, **settings: Any) -> Application:
    """The application that `module:name` names, not yet open.

    settings: given to a function that takes them, as far as it does. Raises: UsageFaultError.
    """
    from clone_cqrs.bootstrap import Application

    if dsn is not None:
        _let_environment_say(dsn)
    found = resolve(app)
    if isinstance(found, Application):
        return found
    if not callable(found):
        raise UsageFaultError(f"--app: {app} is {_kind(found)}; it should be an Application, or a function that returns one")
    # A DSN that goes with a direct one is left in the environment beside it.
    given = None if _DIRECT in os.environ else dsn
    accepted = {name: value for name, value in {"dsn": given, **settings}.items() if _takes(found, name)}
    made = found(**accepted)
    if not isinstance(made, Application):
        if inspect.iscoroutine(made):
            made.close()  # so that Python does not warn of one that is never awaited
        raise UsageFaultError(f"--app: {app} returns {_kind(made)}; it should return an Application, and not be async")
    return made


@asynccontextmanager
async def opened_database(app: str, dsn: str | None, **settings: Any) -> AsyncIterator[Application]:
    """The application with its database open, and nothing started yet. Enter it to start it.

    Raises: UsageFaultError, also where the application stays with a DSN of its own though another one was given: a command
    must not reach another database than the one that was named.
    """
    async with opened_application(load_application(app, dsn, **settings), app, dsn) as application:
        yield application


@asynccontextmanager
async def opened_application(application: Application, app: str, dsn: str | None) -> AsyncIterator[Application]:
    """The same for an application that is loaded already."""
    async with _opened(application.database) as database:
        if dsn is not None and database.dsn not in (dsn, os.environ.get(_DIRECT)):
            raise UsageFaultError(
                f"--dsn: {app} names another database itself; let it use Database.open() without a DSN, or be a function "
                "that takes `dsn`"
            )
        yield application


@asynccontextmanager
async def speaking_application(app: str, dsn: str | None) -> AsyncIterator[Application]:
    """The application at work on its buses alone, for commands and queries; an empty database is migrated first."""
    async with opened_database(app, dsn, workers=False, migrate=False) as application:
        await migrate_if_empty(application)
        async with application:
            yield application


@asynccontextmanager
async def observed_application(app: str, dsn: str | None) -> AsyncIterator[Application]:
    """The application with nothing of it at work, and its database, which has the toolkit's schema. Raises: FaultError."""
    async with opened_database(app, dsn, workers=False, migrate=False) as application:
        if await _is_empty(application):
            raise FaultError("this database has no schema cqrs yet: run `clone-cqrs migrate`")
        yield application


@asynccontextmanager
async def operated_application(app: str, dsn: str | None) -> AsyncIterator[Application]:
    """As `observed_application`, for what runs statements of the toolkit alone: what they miss is not in the schema yet."""
    import asyncpg

    async with observed_application(app, dsn) as application:
        try:
            yield application
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError) as error:
            raise FaultError("the schema of this database is older than this program: run `clone-cqrs migrate`") from error


async def migrate_if_empty(application: Application) -> None:
    """Bring a database that has never been migrated to the newest schema."""
    if await _is_empty(application):
        await application.migrate()


async def _is_empty(application: Application) -> bool:
    empty: bool = await application.database.fetch_value("SELECT to_regclass('cqrs.installation') IS NULL")
    return empty


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[Database]:
    try:
        await database.start()
    except ValueError as error:
        # The driver's own text is left out: it quotes the part that it could not read, which may be the password.
        raise UsageFaultError(f"the DSN cannot be understood: {DSN_FORM}") from error
    try:
        yield database
    finally:
        await database.close()


def _let_environment_say(dsn: str) -> None:
    """A module may open its database at import, with Database.open() and so from the environment."""
    if os.environ.get(_DSN) != dsn:
        os.environ[_DSN] = dsn
        os.environ.pop(_DIRECT, None)  # it leads to the database that the environment named


def resolve(app: str) -> Any:
    """What MODULE:NAME names. Raises: UsageFaultError."""
    module_name, colon, name = app.partition(":")
    if not (module_name and colon and name):
        raise UsageFaultError(f"--app: {app!r} should be MODULE:NAME, as {CLONE}")
    if app != CLONE and "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: the application lies where the user stands
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # something that the module itself imports
        raise UsageFaultError(f"--app: there is no module {error.name!r}, here or among what is installed") from None
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            close = get_close_matches(part, dir(found), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UsageFaultError(f"--app: {module_name} has no {part!r}{hint}")
        found = getattr(found, part)
    return found


def _takes(function: Any, name: str) -> bool:
    parameters = inspect.signature(function).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _kind(value: Any) -> str:
    return "a coroutine" if inspect.iscoroutine(value) else f"of type {type(value).__name__}"
