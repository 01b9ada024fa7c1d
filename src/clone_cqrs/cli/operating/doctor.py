"""The command `clone-cqrs doctor`."""

from __future__ import annotations

import typer

from clone_cqrs.cli.faults import ExitCode
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run


def doctor(dsn: Dsn = None, app: App = CLONE, as_json: Json = False) -> None:
    """Examine the server: version, settings, rights, pooler, clock, disk; each finding says what to do.

    Changes nothing. Exits with 1 where something is wrong; warnings do not count.
    """
    run(_doctor(app, dsn, as_json))


async def _doctor(app: str, dsn: str | None, as_json: bool) -> None:
    from clone_cqrs.cli.application import opened_database
    from clone_cqrs.cli.operating.findings_screen import tell_findings
    from clone_cqrs.inspection import diagnose

    async with opened_database(app, dsn, workers=False, migrate=False) as application:
        diagnosis = await diagnose(application)
    tell_findings(diagnosis.findings, diagnosis.not_checked, facts=diagnosis.facts, as_json=as_json)
    if any(not finding.is_warning for finding in diagnosis.findings):
        raise typer.Exit(ExitCode.FAILED)
