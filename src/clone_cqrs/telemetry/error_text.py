"""Errors as text that may be kept and shown: what repeats values (rows, inputs, parameters) is left out."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

_LONGEST_CHAIN: Final = 5


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the error first."""
    each: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if each is None:
            return
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def error_text(error: BaseException) -> str:
    """One error, without its chain.

    A database error's text quotes rows (its DETAIL does), so that SQLSTATE and constraint stand in for it; SQLAlchemy's repeats
    the parameters, pydantic's the input.
    """
    name = type(error).__name__
    driver = getattr(error, "orig", None)
    if isinstance(driver, BaseException):
        return f"{name}: {error_text(driver)}"
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        constraint = getattr(error, "constraint_name", None)
        return f"{name} (SQLSTATE {sqlstate}{f', {constraint}' if constraint else ''})"
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return f"{name}: {error.title}: {', '.join(sorted({each['type'] for each in found}))}"
    if isinstance(error, BaseExceptionGroup):
        return f"{name}: {'; '.join(error_text(each) for each in error.exceptions)}"
    return f"{name}: {error}" if str(error) else name


def error_trace(error: BaseException) -> str:
    """The error with its chain and the frames of each, its origin first. Frames are lines of code: no values are in them."""
    parts = ["".join(traceback.format_tb(each.__traceback__)) + error_text(each) for each in chain_of(error)]
    return "\n\nwhich led to:\n\n".join(reversed(parts))
