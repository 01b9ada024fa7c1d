"""What a registry decides about a handler, once, and what it refuses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from clone_cqrs.dispatch.policies import Policy, anyone
from clone_cqrs.dispatch.registry import Registry, message_class_of_function
from clone_cqrs.errors import HandlerAlreadyRegisteredError, MissingPolicyError
from clone_cqrs.messages import Command, Payload, Query, QueryResult
from clone_cqrs.queries import BaseQueryHandler


class Id(Payload):
    id: UUID


class Pin(Payload):
    pin: SecretStr


class GetThing(Query[Id, str], type="thing.get"): ...


class GetPin(Query[Id, Pin], type="pin.get"): ...


class GetOdd(Query[Id, Any], type="odd.get"): ...


class Nameless(Query[Id, str]): ...


class MakeThing(Command[Id, str], type="thing.make"): ...


class GetThingHandler(BaseQueryHandler[GetThing, str]):
    policy = anyone


class Hooked(GetThingHandler):
    async def validate_query(self, query: GetThing) -> list[str]:
        return []

    async def check_authorization(self, query: GetThing, resource: Any = None) -> bool:
        return True


class Open(BaseQueryHandler[GetThing, str]): ...


def registry(*, enable_validation: bool = True, enable_authorization: bool = True) -> Registry[Any]:
    return Registry(BaseQueryHandler, Query, enable_validation=enable_validation, enable_authorization=enable_authorization)


@pytest.mark.parametrize("named", ["thing.get", GetThing])
def test_finds_the_message_class_of_a_handler(named: Any) -> None:
    registration = registry().register(named, GetThingHandler())
    assert (registration.type_name, registration.message_class) == ("thing.get", GetThing)


def test_finds_it_in_the_bases_of_a_handler_class() -> None:
    assert registry().register("thing.get", Hooked()).message_class is GetThing


def test_spends_nothing_on_hooks_that_are_not_overridden() -> None:
    plain, hooked = registry().register(GetThing, GetThingHandler()), registry().register(GetThing, Hooked())
    assert (plain.validate, plain.authorize, plain.may) == (None, None, anyone.check)
    assert hooked.validate is not None
    assert hooked.authorize is not None
    assert hooked.may is None


def test_spends_nothing_on_what_is_switched_off() -> None:
    off = registry(enable_validation=False, enable_authorization=False).register(GetThing, Hooked())
    assert (off.validate, off.authorize, off.may) == (None, None, None)


def test_refuses_a_second_handler_and_a_type_that_is_not_the_classs() -> None:
    handlers = registry()
    handlers.register(GetThing, GetThingHandler())
    with pytest.raises(HandlerAlreadyRegisteredError, match="GetThingHandler"):
        handlers.register("thing.get", GetThingHandler())
    with pytest.raises(HandlerAlreadyRegisteredError, match=r"thing\.fetch"):
        handlers.register("thing.fetch", GetThingHandler())
    assert list(handlers.registrations) == ["thing.get"]


def test_refuses_a_handler_that_says_nothing_about_who_may() -> None:
    with pytest.raises(MissingPolicyError, match="Open"):
        registry().register(GetThing, Open())
    assert registry(enable_authorization=False).register(GetThing, Open()).may is None


class Late(Open):
    def __init__(self, policy: Policy) -> None:
        self.policy = policy  # type: ignore[misc]


def test_takes_the_policy_of_an_instance() -> None:
    assert registry().register(GetThing, Late(anyone)).may is anyone.check


def test_refuses_a_result_with_a_secret_or_one_that_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="secret"):
        registry().register(GetPin, Late(anyone))

    class Unwritable:
        pass

    class GetUnwritable(Query[Id, Unwritable], type="unwritable.get"): ...

    with pytest.raises(TypeError, match=r"unwritable\.get"):
        registry().register(GetUnwritable, Late(anyone))


@pytest.mark.parametrize("wrong", [MakeThing, Query, Nameless])
def test_refuses_what_is_no_message_of_its_bus(wrong: Any) -> None:
    with pytest.raises(TypeError, match=wrong.__name__ if wrong is Nameless else "Query"):
        registry().register(wrong, Late(anyone))


class Untyped(BaseQueryHandler[Any, Any]):
    policy = anyone

    async def handle(self, query: Any) -> QueryResult[Any]:
        return self.success(None)


def test_refuses_a_handler_whose_message_cannot_be_told() -> None:
    with pytest.raises(TypeError, match="cannot tell which Query"):
        registry().register("thing.get", Untyped())
    assert registry().register(GetOdd, Untyped()).message_class is GetOdd


async def typed(query: GetThing) -> str:
    return ""


async def untyped(query):  # type: ignore[no-untyped-def]
    return ""


async def commanding(command: MakeThing) -> str:
    return ""


@pytest.mark.parametrize(("function", "found"), [(typed, GetThing), (untyped, None), (commanding, None)])
def test_finds_the_message_class_of_a_function(function: Any, found: Any) -> None:
    assert message_class_of_function(function, Query) is found
