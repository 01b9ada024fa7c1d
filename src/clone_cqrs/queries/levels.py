"""How fresh an answer has to be: the three levels, and the one that the running handler answers at."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal, TypeAlias, cast, get_args

Consistency: TypeAlias = Literal["eventual", "session", "strong"]
"""eventual: the cache, then the view as it is; session: also this process's own commits at once; strong: no cache."""

_LEVELS = frozenset(get_args(Consistency))

current: ContextVar[Consistency] = ContextVar("clone_cqrs.consistency", default="session")
"""Set by the query bus around handlers."""


def current_consistency() -> Consistency:
    """The level that the query being handled was asked at; "session" outside of a handler."""
    return current.get()


def checked_level(level: str | None, default: Consistency = "session") -> Consistency:
    """The level, the default for None. Raises: ValueError for what is none."""
    if level is None:
        return default
    if level not in _LEVELS:
        raise ValueError(f"consistency: {level!r} is none of {', '.join(sorted(_LEVELS))}")
    return cast(Consistency, level)
