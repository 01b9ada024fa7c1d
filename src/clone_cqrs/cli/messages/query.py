"""The command `clone-cqrs query`."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import typer

from clone_cqrs.cli.messages.calling import Actor, List, PayloadText, Roles, Timeout, TypeName, message_of, needed, roles_of
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run

_Level = Literal["eventual", "session", "strong"]


def query(
    type_name: TypeName = None,
    payload: PayloadText = None,
    actor: Actor = "system",
    roles: Roles = None,
    at_least: Annotated[
        str | None,
        typer.Option(
            "--at-least", metavar="TOKEN", show_default=False, help="Answer with the write in it that this token is of."
        ),
    ] = None,
    consistency: Annotated[
        _Level | None, typer.Option("--consistency", show_default=False, help="How fresh; by default as the query's type says.")
    ] = None,
    timeout: Timeout = None,
    listed: List = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Ask one query. Prints the answer on stdout."""
    run(_query(type_name, payload, actor, roles, at_least, consistency, timeout, listed, dsn, app, as_json))


async def _query(
    type_name: str | None,
    payload: str | None,
    actor: str,
    roles: list[str] | None,
    at_least: str | None,
    consistency: str | None,
    timeout: float | None,
    listed: bool,
    dsn: str | None,
    app: str,
    as_json: bool,
) -> None:
    from clone_cqrs.cli.application import load_application, observed_application
    from clone_cqrs.cli.messages.given import given_payload, registration_of
    from clone_cqrs.cli.messages.listing import show_types
    from clone_cqrs.cli.messages.outcomes import tell_outcome

    if listed:
        show_types(load_application(app, dsn).queries.registrations, as_json=as_json)
        return
    named = needed(type_name)
    async with observed_application(app, dsn) as application, application:
        queries = application.queries
        registration = registration_of(named, queries.registrations, "query")
        message = message_of("query", named, given_payload(payload, registration), actor)
        result = await queries.execute_message(
            message,
            actor=actor,
            roles=roles_of(actor, roles),
            at_least=at_least,
            consistency=cast("_Level | None", consistency),
            timeout=timeout,
        )
    tell_outcome(result, registration, {"fromCache": result.from_cache}, as_json=as_json)
