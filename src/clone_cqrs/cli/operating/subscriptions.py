"""The commands `clone-cqrs subscriptions ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from clone_cqrs.cli.asking import require_consent
from clone_cqrs.cli.faults import FaultError, UsageFaultError
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import print_json, print_text

subscriptions = typer.Typer(no_args_is_help=True, help="The stored subscriptions; `status` shows how they are.")


@subscriptions.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    discard: Annotated[
        bool, typer.Option("--discard-dead-letters", help="Also where it has set events aside: they are given up.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Remove a subscription that nobody uses any more: its checkpoint is forgotten, and the log kept for it no longer.

    Refused while a worker runs it.
    """
    run(_remove(name, discard, yes, app, dsn, as_json))


async def _remove(name: str, discard: bool, yes: bool, app: str, dsn: str | None, as_json: bool) -> None:
    from clone_cqrs.cli.application import operated_application
    from clone_cqrs.errors import ConflictError
    from clone_cqrs.events import remove_subscription, subscription_states

    async with operated_application(app, dsn) as application:
        known = {state.name for state in await subscription_states(application.database)}
        if name not in known:
            raise UsageFaultError(f"there is no subscription {name!r}; there are {', '.join(sorted(known)) or 'none'}")
        if not yes:
            require_consent(f"Remove {name}, and forget how far it has come?")
        try:
            await remove_subscription(application.database, name, discard_dead_letters=discard)
        except ConflictError as refused:
            raise FaultError(str(refused).replace("discard_dead_letters=True", "--discard-dead-letters")) from None
    print_json({"removed": name}) if as_json else print_text(f"removed {name}")
