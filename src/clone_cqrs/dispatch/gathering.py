"""Refused registrations, gathered instead of raised: for a check that tells everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from clone_cqrs.errors import HandlerAlreadyRegisteredError, MissingPolicyError

_gathered: ContextVar[list[Exception] | None] = ContextVar("clone_cqrs.gathered_refusals", default=None)


@contextmanager
def gathered_refusals() -> Iterator[list[Exception]]:
    """While it is open, a bus that refuses a handler goes on without it; what it would have raised is in the list."""
    refusals: list[Exception] = []
    token = _gathered.set(refusals)
    try:
        yield refusals
    finally:
        _gathered.reset(token)


@contextmanager
def raised_or_gathered() -> Iterator[None]:
    """Around one registration."""
    try:
        yield
    except (HandlerAlreadyRegisteredError, MissingPolicyError, TypeError, ValueError) as refusal:
        gathered = _gathered.get()
        if gathered is None:
            raise
        gathered.append(refusal)
