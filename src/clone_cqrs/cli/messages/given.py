"""A message from the terminal: its type, and its payload as an argument, a file or stdin."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clone_cqrs.cli.faults import UsageFaultError

if TYPE_CHECKING:
    from clone_cqrs.dispatch.registry import Registration

_SHOWN_TYPES = 40


def registration_of(type_name: str, registrations: tuple[Registration[Any], ...], kind: str) -> Registration[Any]:
    """The registration of a type. Raises: UsageFaultError, with the names that come near."""
    for registration in registrations:
        if registration.type_name == type_name:
            return registration
    names = sorted(registration.type_name for registration in registrations)
    near = get_close_matches(type_name, names, n=3) or [name for name in names if type_name in name or name in type_name]
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif names:
        hint = f"there are {', '.join(names[:_SHOWN_TYPES])}{', ...' if len(names) > _SHOWN_TYPES else ''}"
    else:
        hint = "the application has none"
    raise UsageFaultError(f"no handler for the {kind} {type_name!r}; {hint}")


def given_payload(argument: str | None, registration: Registration[Any]) -> Mapping[str, Any]:
    """The payload as an argument says it: JSON itself, @FILE, or - for stdin, as without one. Raises: UsageFaultError."""
    from clone_cqrs.errors import MalformedMessageError
    from clone_cqrs.messages.wire import parse_message

    if argument is None and sys.stdin.isatty():
        raise UsageFaultError(f"PAYLOAD is missing; {right_payload(registration)}")
    where, text = _text(argument)
    try:
        return parse_message(text)
    except MalformedMessageError as malformed:
        raise UsageFaultError(f"PAYLOAD {where} is {malformed}; {right_payload(registration)}") from None


def right_payload(registration: Registration[Any]) -> str:
    """What would be right."""
    from clone_cqrs.cli.messages.shapes import shape_of

    return f"the payload of {registration.type_name} is {shape_of(registration.message_class.payload_type)}"


def _text(argument: str | None) -> tuple[str, bytes]:
    if argument is None or argument == "-":
        return "on stdin", sys.stdin.buffer.read()
    if not argument.startswith("@"):
        # A lone surrogate stands for a byte that was no UTF-8, and is told as such.
        return "as given", argument.encode("utf-8", "surrogateescape")
    try:
        return f"in {argument[1:]}", Path(argument[1:]).read_bytes()
    except OSError as error:
        raise UsageFaultError(f"PAYLOAD: cannot read {argument[1:]}: {error.strerror}") from error
