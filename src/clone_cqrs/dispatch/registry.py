"""The registry of one bus: which handler answers which type, and what was decided about it once, at registration."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from clone_cqrs.dispatch.policies import Check, Policy
from clone_cqrs.errors import HandlerAlreadyRegisteredError, MissingPolicyError
from clone_cqrs.messages import Envelope, secret_fields
from clone_cqrs.messages.envelope import type_arguments

H = TypeVar("H")


@dataclass(frozen=True, slots=True)
class Registration(Generic[H]):
    """One type and its handler.

    validate and authorize are None where the handler keeps the defaults, so that the bus spends nothing on them; `may` is the
    policy's check then. prepare likewise. result: reads and writes the handler's data as JSON.
    """

    type_name: str
    message_class: type[Envelope[Any, Any]]
    handler: H
    handle: Callable[[Any], Awaitable[Any]]
    validate: Callable[[Any], Awaitable[list[str]]] | None
    authorize: Callable[[Any, Any], Awaitable[bool]] | None
    may: Check | None
    prepare: Callable[[Any], Awaitable[Any]] | None
    result: TypeAdapter[Any]


class Registry(Generic[H]):
    """The handlers of one bus, by type name. `base`: the handler class of the bus, with its default hooks."""

    def __init__(
        self, base: type[Any], envelope: type[Envelope[Any, Any]], *, enable_validation: bool, enable_authorization: bool
    ) -> None:
        self._base = base
        self._envelope = envelope
        self._validation = enable_validation
        self._authorization = enable_authorization
        self.registrations: dict[str, Registration[H]] = {}

    def register(self, type_or_class: str | type[Envelope[Any, Any]], handler: H) -> Registration[H]:
        """Make `handler` the one for a type.

        Raises: HandlerAlreadyRegisteredError, also where the name differs from the class's; MissingPolicyError where nothing
        says who may; TypeError where the message class cannot be told, or the result is nothing that pydantic can write and
        read, or holds a secret.
        """
        message_class = self._message_class(type_or_class, handler)
        name = type_or_class if isinstance(type_or_class, str) else message_class.type_name
        if name != message_class.type_name:
            raise HandlerAlreadyRegisteredError(
                f"{name!r} differs from the type of {message_class.__name__}, which is {message_class.type_name!r}"
            )
        if name in self.registrations:
            holder = type(self.registrations[name].handler).__name__
            raise HandlerAlreadyRegisteredError(f"{name!r} already has a handler: {holder}")
        registration = self._decide(name, message_class, handler)
        self.registrations[name] = registration
        return registration

    def _decide(self, name: str, message_class: type[Envelope[Any, Any]], handler: H) -> Registration[H]:
        validate_name = f"validate_{self._envelope.kind}"
        own_check = _overrides(handler, self._base, "check_authorization")
        policy: Policy | None = getattr(handler, "policy", None)
        if self._authorization and policy is None and not own_check:
            raise MissingPolicyError(
                f"{type(handler).__name__} for {name!r} says nothing about who may: "
                "set policy = owner_of(...) | has_role(...), or anyone"
            )
        own_validation = self._validation and _overrides(handler, self._base, validate_name)
        return Registration(
            type_name=name,
            message_class=message_class,
            handler=handler,
            handle=getattr(handler, "handle"),  # noqa: B009 - H is not bound to a protocol
            validate=getattr(handler, validate_name) if own_validation else None,
            authorize=getattr(handler, "check_authorization") if self._authorization and own_check else None,  # noqa: B009
            may=policy.check if self._authorization and policy is not None and not own_check else None,
            prepare=getattr(handler, "prepare") if _overrides(handler, self._base, "prepare") else None,  # noqa: B009
            result=_result_adapter(name, message_class),
        )

    def _message_class(self, type_or_class: str | type[Envelope[Any, Any]], handler: H) -> type[Envelope[Any, Any]]:
        named = type_or_class if inspect.isclass(type_or_class) else None
        found = named or getattr(handler, "message_class", None) or self._class_of(type(handler))
        if found is None or not issubclass(found, self._envelope) or not hasattr(found, "payload_type"):
            kind = self._envelope.__name__
            raise TypeError(
                f"{type(handler).__name__}: cannot tell which {kind} it handles; "
                f"name the class: {self._base.__name__}[Your{kind}, YourResult], or register(Your{kind}, ...)"
            )
        if not hasattr(found, "type_name"):
            raise TypeError(f'{found.__name__} has no type name: declare it with type="..."')
        return found

    def _class_of(self, handler_class: type) -> type[Envelope[Any, Any]] | None:
        for cls in handler_class.__mro__:
            for argument in type_arguments(cls, self._base):
                if inspect.isclass(argument) and issubclass(argument, self._envelope):
                    return argument
        return None


def message_class_of_function(
    function: Callable[..., Any], envelope: type[Envelope[Any, Any]]
) -> type[Envelope[Any, Any]] | None:
    """The message class that a function's first parameter is annotated with, if it is one."""
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError):
        return None
    first = next(iter(inspect.signature(function).parameters), None)
    hint = hints.get(first) if first else None
    return hint if inspect.isclass(hint) and issubclass(hint, envelope) else None


def _overrides(handler: Any, base: type[Any], method: str) -> bool:
    own = getattr(type(handler), method, None)
    return own is not None and own is not getattr(base, method, None)


def _result_adapter(name: str, message_class: type[Envelope[Any, Any]]) -> TypeAdapter[Any]:
    result_type = getattr(message_class, "result_type", Any)
    secret = secret_fields(result_type)
    if secret:
        raise TypeError(f"{name}: a result cannot hold secret fields: {', '.join(sorted(secret))}")
    try:
        return TypeAdapter(result_type)
    except (PydanticUserError, NameError) as cause:
        raise TypeError(f"{name}: pydantic cannot write and read its result type {result_type!r}") from cause
