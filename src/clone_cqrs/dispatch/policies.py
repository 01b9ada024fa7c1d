"""Policies: who may. They see the message, the caller and, where a handler has loaded one, the resource; never the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from clone_cqrs.dispatch.caller import Caller

Check: TypeAlias = Callable[[Any, Caller, Any], bool]


class Policy:
    """A rule on who may; combine with `|`, `&` and `~`.

    check(message, caller, resource) -> bool; resource is None unless a handler has loaded one. `text` says the rule to people.
    lasting: whether the check looks at nothing else, no clock and no setting, so that it cannot come out differently when the
    same message comes from the same caller again.
    """

    __slots__ = ("check", "lasting", "text")

    def __init__(self, check: Check, text: str, *, lasting: bool = False) -> None:
        self.check = check
        self.text = text
        self.lasting = lasting

    def __or__(self, other: Policy) -> Policy:
        left, right = self.check, other.check
        return Policy(
            lambda message, caller, resource: left(message, caller, resource) or right(message, caller, resource),
            f"({self.text} or {other.text})",
            lasting=self.lasting and other.lasting,
        )

    def __and__(self, other: Policy) -> Policy:
        left, right = self.check, other.check
        return Policy(
            lambda message, caller, resource: left(message, caller, resource) and right(message, caller, resource),
            f"({self.text} and {other.text})",
            lasting=self.lasting and other.lasting,
        )

    def __invert__(self) -> Policy:
        inner = self.check
        return Policy(
            lambda message, caller, resource: not inner(message, caller, resource), f"not {self.text}", lasting=self.lasting
        )

    def __repr__(self) -> str:
        return f"<policy: {self.text}>"


anyone = Policy(lambda _message, _caller, _resource: True, "anyone", lasting=True)
"""Says aloud that every actor may; over HTTP that still means an authenticated one."""


def has_role(role: str) -> Policy:
    """Whoever calls in this role."""
    return Policy(lambda _message, caller, _resource: role in caller.roles, f"has role {role}", lasting=True)


def owner_of(field: str) -> Policy:
    """Whose user_id, as text, stands in this field of the loaded resource or, without one, of the message's payload."""

    def check(message: Any, caller: Caller, resource: Any) -> bool:
        if resource is None:
            owner = getattr(message.payload, field, None)
        else:
            owner = resource.get(field) if isinstance(resource, Mapping) else getattr(resource, field, None)
        if type(owner) is UUID:
            return owner.int == _number_of(caller.user_id)
        return owner is not None and str(owner) == caller.user_id

    return Policy(check, f"owner of {field}", lasting=True)


@lru_cache(maxsize=4096)
def _number_of(text: str) -> int | None:
    """The number of the UUID that is written out as `text`; None where no UUID is written so.

    Comparing numbers is comparing texts then, without writing the owner out each time, which would take longer than all other
    steps of authorization together. The text is remembered because it is the actor's, who comes again.
    """
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found.int if str(found) == text else None
