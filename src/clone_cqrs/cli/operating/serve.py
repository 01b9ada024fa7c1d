"""The commands `clone-cqrs serve` and `token`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clone_cqrs.cli.faults import FaultError, UsageFaultError
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import print_json, print_text

if TYPE_CHECKING:
    from clone_cqrs.http import HttpSettings


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="0 takes any that is free.")] = 8000,
    workers: Annotated[
        bool, typer.Option("--workers/--no-workers", help="Whether this process keeps subscriptions and views at work, too.")
    ] = True,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Serve the application over HTTP until SIGTERM or Ctrl-C; what runs then is finished.

    Settings come from CLONE_CQRS_... variables. Logs go to stderr: as text on a terminal, else, and with --json, a line of JSON
    each. With --json the address is one line on stdout. An empty database is migrated first.
    """
    run(_serve(host, port, workers, app, dsn, as_json))


def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="The subject: a user's id, or `system`.")],
    roles: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", show_default=False, help="A role; may be repeated.")
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=0.001, help="How long it is good for.")] = 12.0,
    as_json: Json = False,
) -> None:
    """Print a bearer token for `serve`, signed with the key of this environment: CLONE_CQRS_JWT_KEY, or the development key."""
    from clone_cqrs.cli.running import fail

    try:
        settings = _settings()
        from clone_cqrs.http import issue_token

        given = {*(roles or ()), *(("system",) if user == "system" else ())}  # as `execute --as system` has it
        made = issue_token(settings, user, roles=given, lifetime=hours * 3600)
    except FaultError as fault:
        fail(str(fault), fault.exit_code)
    except ValueError as wrong:
        fail(str(wrong), UsageFaultError.exit_code)
    print_json({"token": made}) if as_json else print_text(made)


async def _serve(host: str, port: int, workers: bool, app: str, dsn: str | None, as_json: bool) -> None:
    settings = _settings()
    from clone_cqrs.cli.application import migrate_if_empty, opened_database
    from clone_cqrs.cli.operating.logs import log_to_stderr
    from clone_cqrs.http import serve
    from clone_cqrs.instrumentation import instrument

    log_to_stderr(as_json=as_json)
    async with opened_database(app, dsn, workers=workers) as application:
        await migrate_if_empty(application)
        instrument(application)
        try:
            await serve(application, host=host, port=port, settings=settings, ready=_tell_address if as_json else None)
        except OSError as error:
            if error.filename is None and str(error.strerror).startswith("cannot listen"):
                raise FaultError(f"{error.strerror}: --port and --host name another address") from error
            raise


def _settings() -> HttpSettings:
    """From the environment. Raises: UsageFaultError."""
    _require_http()
    from clone_cqrs.http import HttpSettings

    try:
        return HttpSettings.from_environment()
    except ValueError as wrong:
        raise UsageFaultError(str(wrong)) from wrong


def _require_http() -> None:
    try:
        import clone_cqrs.http  # noqa: F401
    except ModuleNotFoundError as missing:
        raise FaultError(str(missing)) from None


def _tell_address(address: str) -> None:
    print_json({"address": address})
