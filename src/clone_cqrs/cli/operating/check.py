"""The command `clone-cqrs check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clone_cqrs.cli.faults import ExitCode, FaultError, sentence_of
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.inspection import Finding


def check(
    database: Annotated[bool, typer.Option("--database/--no-database", help="Whether to look into the database, too.")] = True,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Tell everything that is wired wrongly, at once, before it runs.

    Handlers, policies, rules, subscriptions, views, migrations. Changes nothing. Exits with 1 where something is wrong, or the
    database could not be looked at; warnings do not count.
    """
    run(_check(database, app, dsn, as_json))


async def _check(look: bool, app: str, dsn: str | None, as_json: bool) -> None:
    from clone_cqrs.cli.operating.findings_screen import tell_findings

    application, findings = _made(app, dsn)
    not_checked: list[str] = []
    could_not = False
    if application is None:
        not_checked.append("everything that takes an application, which could not be made")
    else:
        from clone_cqrs.inspection import wiring_findings

        findings += wiring_findings(application)
        if look:
            in_database, why_not = await _in_database(application, app, dsn)
            findings += in_database
            not_checked += why_not
            could_not = bool(why_not)
        else:
            not_checked.append("the database, as asked")
    tell_findings(findings, not_checked, as_json=as_json)
    if could_not or any(not finding.is_warning for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


def _made(app: str, dsn: str | None) -> tuple[Application | None, list[Finding]]:
    """The application, or None; and what was refused while it was made."""
    from clone_cqrs.cli.application import load_application
    from clone_cqrs.dispatch.gathering import gathered_refusals
    from clone_cqrs.errors import CqrsError
    from clone_cqrs.inspection import Finding

    application: Application | None = None
    broken: list[Finding] = []
    with gathered_refusals() as refusals:
        try:
            application = load_application(app, dsn, workers=False, migrate=False)
        except (CqrsError, ValueError, TypeError, LookupError) as error:
            message = f"{type(error).__name__}: {error}"
            broken.append(Finding("application", "not_made", message))
    refused = [Finding("registration", getattr(each, "code", "refused_handler"), str(each)) for each in refusals]
    return application, refused + broken


async def _in_database(application: Application, app: str, dsn: str | None) -> tuple[list[Finding], list[str]]:
    """What is wrong there; and why it could not be looked at, where that is so."""
    from clone_cqrs.cli.application import opened_application
    from clone_cqrs.inspection import database_findings

    try:
        async with opened_application(application, app, dsn):
            return list(await database_findings(application)), []
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None or (isinstance(error, FaultError) and error.exit_code is ExitCode.USAGE):
            raise
        return [], [f"the database: {sentence}"]
