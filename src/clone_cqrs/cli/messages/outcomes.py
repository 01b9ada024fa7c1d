"""The outcome of one message: data on stdout, the rest on stderr, and the exit code that it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from clone_cqrs.cli.faults import ExitCode
from clone_cqrs.cli.screens import message_screen, print_json, print_pretty

if TYPE_CHECKING:
    from clone_cqrs.dispatch.registry import Registration
    from clone_cqrs.errors import CqrsError
    from clone_cqrs.messages import CommandResult, QueryResult

_WRONG_CALL = frozenset({"malformed", "validation_failed", "unknown_command", "unknown_query"})
_IN_TIME = frozenset({"timeout", "stale_read"})
_WORDS = {"fromCache": "from the cache", "replayed": "replayed: it was done before"}


def tell_outcome(
    result: CommandResult[Any] | QueryResult[Any], registration: Registration[Any], facts: dict[str, Any], *, as_json: bool
) -> None:
    """Print a result; facts: what there is beside its data, by name on the wire. Raises: typer.Exit for a refusal."""
    from clone_cqrs.messages.moments import wire_moment

    error = result.error
    data = registration.result.dump_python(result.data, mode="json", by_alias=True) if result.success else None
    if as_json:
        told = {"success": result.success, "data": data, "error": None if error is None else _as_json(error)}
        print_json(told | facts | {"timestamp": wire_moment(result.timestamp)})
    elif error is None:
        print_pretty(data)
        message_screen().print(_as_text(facts), style="dim", soft_wrap=True, markup=False)
    else:
        _show_refusal(error, registration)
    if error is not None:
        raise typer.Exit(exit_code_of(error))


def exit_code_of(error: CqrsError) -> ExitCode:
    """What an outcome comes to for a script."""
    if error.code in _WRONG_CALL:
        return ExitCode.USAGE
    return ExitCode.FAILED if error.code in _IN_TIME else ExitCode.REFUSED


def _as_json(error: CqrsError) -> dict[str, Any]:
    violations = getattr(error, "violations", None)
    told: dict[str, Any] = {"code": error.code, "message": str(error), "retryable": error.retryable}
    return told if violations is None else told | {"violations": list(violations)}


def _as_text(facts: dict[str, Any]) -> str:
    told = [_WORDS.get(name, name) if value is True else f"{name} {value}" for name, value in facts.items() if value]
    return ", ".join(told) or "done"


def _show_refusal(error: CqrsError, registration: Registration[Any]) -> None:
    from clone_cqrs.cli.messages.given import right_payload
    from clone_cqrs.cli.messages.listing import policy_of

    screen = message_screen()
    violations = getattr(error, "violations", None)
    if violations is None:
        screen.print(Text.assemble(("error: ", "bold red"), (error.code, "bold"), f": {error}"), soft_wrap=True)
        policy = policy_of(registration)
        if error.code == "forbidden" and policy is not None:
            screen.print(f"who may: {policy}; --as USER and --role ROLE say who asks", markup=False, soft_wrap=True)
        return
    screen.print(Text.assemble(("error: ", "bold red"), (error.code, "bold")))
    for violation in violations:
        screen.print(f"  {violation}", markup=False, soft_wrap=True)
    screen.print(right_payload(registration), markup=False, soft_wrap=True)
