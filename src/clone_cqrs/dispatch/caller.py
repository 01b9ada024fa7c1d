"""The caller: who speaks, in which roles. Comes from the call's context, never from the message."""

from __future__ import annotations

from collections.abc import Collection
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple

SYSTEM = "system"
_SYSTEM_ROLES = frozenset((SYSTEM,))
_NO_ROLES: frozenset[str] = frozenset()


class Caller(NamedTuple):
    """user_id: the actor, as text; roles: what it may act as."""

    user_id: str
    roles: frozenset[str]


current: ContextVar[Caller] = ContextVar("clone_cqrs.caller")
"""Set by the buses around policies and handlers."""


def current_caller() -> Caller:
    """The caller of the command or query that is being handled. Raises LookupError outside of a handler."""
    try:
        return current.get()
    except LookupError:
        raise LookupError("current_caller() has a meaning only while a command or a query is handled") from None


enter = current.set
leave = current.reset
"""`token = enter(caller)` and `leave(token)` around whatever may ask for the current caller."""


def caller_of(user_id: str, roles: Collection[str] | None) -> Caller:
    """The caller that an actor and the roles given to `execute` come to.

    roles=None is code of this process speaking for itself: the actor "system" has the role `system` then, any other none.
    """
    if roles is None:
        return speaking_for_itself(user_id)
    if isinstance(roles, str):
        raise TypeError("roles: a collection of role names, not one text")
    return Caller(user_id, frozenset(roles))


@lru_cache(maxsize=4096)
def speaking_for_itself(user_id: str) -> Caller:
    """The caller that an actor without stated roles comes to."""
    return Caller(user_id, _SYSTEM_ROLES if user_id == SYSTEM else _NO_ROLES)


def impersonates_system(caller: Caller) -> bool:
    """Whether the actor calls itself "system" without the role: refused for every message, whatever its policy."""
    return caller.user_id == SYSTEM and SYSTEM not in caller.roles
