"""The command `clone-cqrs execute`."""

from __future__ import annotations

from typing import Annotated

import typer

from clone_cqrs.cli.messages.calling import Actor, List, PayloadText, Roles, Timeout, TypeName, message_of, needed, roles_of
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run


def execute(
    type_name: TypeName = None,
    payload: PayloadText = None,
    actor: Actor = "system",
    roles: Roles = None,
    command_id: Annotated[
        str | None,
        typer.Option("--id", metavar="UUID", show_default=False, help="The command's id: the same one again has one effect."),
    ] = None,
    timeout: Timeout = None,
    listed: List = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Execute one command. An empty database is migrated first.

    Prints the data on stdout, and on stderr the token with which a query sees this write.
    """
    run(_execute(type_name, payload, actor, roles, command_id, timeout, listed, dsn, app, as_json))


async def _execute(
    type_name: str | None,
    payload: str | None,
    actor: str,
    roles: list[str] | None,
    command_id: str | None,
    timeout: float | None,
    listed: bool,
    dsn: str | None,
    app: str,
    as_json: bool,
) -> None:
    from clone_cqrs.cli.application import load_application, speaking_application
    from clone_cqrs.cli.messages.given import given_payload, registration_of
    from clone_cqrs.cli.messages.listing import show_types
    from clone_cqrs.cli.messages.outcomes import tell_outcome

    if listed:
        show_types(load_application(app, dsn).commands.registrations, as_json=as_json)
        return
    named = needed(type_name)
    async with speaking_application(app, dsn) as application:
        commands = application.commands
        registration = registration_of(named, commands.registrations, "command")
        message = message_of("command", named, given_payload(payload, registration), actor, commandId=command_id)
        result = await commands.execute_message(message, actor=actor, roles=roles_of(actor, roles), timeout=timeout)
    tell_outcome(result, registration, {"replayed": result.replayed, "token": result.token}, as_json=as_json)
