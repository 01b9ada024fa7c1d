"""Policies: who may, and how they combine."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from clone_cqrs.dispatch.caller import SYSTEM, Caller, caller_of, current, current_caller, impersonates_system
from clone_cqrs.dispatch.policies import Policy, anyone, has_role, owner_of
from clone_cqrs.messages import Payload, Query

ADA = UUID("0191e4a0-0000-7000-8000-00000000000a")


class Owned(Payload):
    user_id: UUID | None = None
    name: str | None = None


class GetOwned(Query[Owned, None], type="owned.get"): ...


def may(
    policy: Policy,
    user_id: str = str(ADA),
    roles: tuple[str, ...] = (),
    *,
    payload: dict[str, Any] | None = None,
    resource: Any = None,
) -> bool:
    return policy.check(GetOwned(payload or {}, "asker"), Caller(user_id, frozenset(roles)), resource)


def test_anyone_may() -> None:
    assert may(anyone)


def test_a_role_is_the_callers_not_the_messages() -> None:
    assert may(has_role("admin"), roles=("admin", "other"))
    assert not may(has_role("admin"), roles=("administrator",))
    assert not may(has_role("admin"), user_id="admin")


@pytest.mark.parametrize(
    ("user_id", "owner", "is_owner"),
    [
        (str(ADA), {"user_id": ADA}, True),
        (str(ADA).upper(), {"user_id": ADA}, False),
        (ADA.hex, {"user_id": ADA}, False),
        (f"{{{ADA}}}", {"user_id": ADA}, False),
        ("-" * 36, {"user_id": UUID(int=0)}, False),
        (str(ADA)[:-1] + "b", {"user_id": ADA}, False),
        (str(ADA), {}, False),
        ("None", {}, False),
        ("", {}, False),
    ],
)
def test_compares_the_owner_as_text(user_id: str, owner: dict[str, Any], is_owner: bool) -> None:
    assert may(owner_of("user_id"), user_id, payload=owner) is is_owner


def test_a_text_is_an_owner_too() -> None:
    assert may(owner_of("name"), "ada", payload={"name": "ada"})
    assert not may(owner_of("name"), "ada", payload={"name": "Ada"})


def test_nobody_owns_by_a_field_that_is_not_there() -> None:
    assert not may(owner_of("nobody"))


@pytest.mark.parametrize("resource", [{"user_id": ADA}, Owned(user_id=ADA)])
def test_a_loaded_resource_counts_instead_of_the_payload(resource: Any) -> None:
    assert may(owner_of("user_id"), resource=resource)
    assert not may(owner_of("user_id"), "somebody", resource=resource)


def fixed(answer: bool, lasting: bool = False) -> Policy:
    return Policy(lambda message, caller, resource: answer, str(answer), lasting=lasting)


@pytest.mark.parametrize(("left", "right"), list(product([True, False], repeat=2)))
def test_policies_combine_as_their_signs_say(left: bool, right: bool) -> None:
    assert may(fixed(left) | fixed(right)) is (left or right)
    assert may(fixed(left) & fixed(right)) is (left and right)
    assert may(~fixed(left)) is not left


@pytest.mark.parametrize(("left", "right"), list(product([True, False], repeat=2)))
def test_a_combination_lasts_only_if_all_of_it_does(left: bool, right: bool) -> None:
    assert (fixed(True, left) | fixed(True, right)).lasting is (left and right)
    assert (fixed(True, left) & fixed(True, right)).lasting is (left and right)
    assert (~fixed(True, left)).lasting is left


def test_a_policy_of_ones_own_is_not_taken_to_last() -> None:
    assert not Policy(lambda message, caller, resource: True, "today").lasting
    assert (owner_of("user_id") | has_role("admin") & ~anyone).lasting


def test_says_its_rule_to_people() -> None:
    assert repr(owner_of("user_id") | has_role("admin") & ~anyone) == (
        "<policy: (owner of user_id or (has role admin and not anyone))>"
    )


def test_the_callers_roles_come_from_the_call() -> None:
    assert caller_of("ada", None).roles == frozenset()
    assert caller_of(SYSTEM, None).roles == {"system"}
    assert caller_of(SYSTEM, ()).roles == frozenset()
    assert caller_of("ada", ["b", "a", "b"]).roles == {"a", "b"}
    with pytest.raises(TypeError, match="collection"):
        caller_of("ada", "admin")


@pytest.mark.parametrize(
    ("user_id", "roles", "impersonates"),
    [(SYSTEM, ("system",), False), (SYSTEM, (), True), (SYSTEM, ("admin",), True), ("ada", (), False)],
)
def test_the_name_of_the_system_needs_its_role(user_id: str, roles: tuple[str, ...], impersonates: bool) -> None:
    assert impersonates_system(caller_of(user_id, roles)) is impersonates


def test_there_is_a_caller_only_while_something_is_handled() -> None:
    with pytest.raises(LookupError, match="while a command or a query is handled"):
        current_caller()
    token = current.set(Caller("ada", frozenset()))
    assert current_caller().user_id == "ada"
    current.reset(token)
