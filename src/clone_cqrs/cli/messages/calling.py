"""What `execute` and `query` have in common: who speaks, and where types are listed."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer

from clone_cqrs.cli.faults import UsageFaultError

TypeName: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="TYPE", show_default=False, help="Its name, as --list tells.")
]
PayloadText: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[PAYLOAD]", show_default=False, help="JSON; or @FILE; or -, or nothing, for stdin.")
]
Actor: TypeAlias = Annotated[str, typer.Option("--as", metavar="USER", help="The actor: a user's id, or `system`.")]
Roles: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE", help="A role of the actor; may be repeated. `system` has its own by itself."),
]
Timeout: TypeAlias = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, show_default=False, help="Give up after so long.")
]
List: TypeAlias = Annotated[bool, typer.Option("--list", help="Tell every TYPE, who may, and its payload; no database needed.")]


def roles_of(actor: str, roles: list[str] | None) -> frozenset[str] | None:
    """The roles to call with: an operator's tool speaks for the process itself, so that `system` has its role."""
    if not roles:
        return None
    return frozenset(roles) | ({"system"} if actor == "system" else frozenset())


def needed(type_name: str | None) -> str:
    """The TYPE. Raises: UsageFaultError without one."""
    if type_name is None:
        raise UsageFaultError("TYPE is missing; --list tells those that there are")
    return type_name


def message_of(kind: str, type_name: str, payload: Any, actor: str, **more: Any) -> dict[str, Any]:
    """The message in wire form."""
    given = {f"{kind}Type": type_name, "userId": actor, "payload": payload, **more}
    return {name: value for name, value in given.items() if value is not None}
