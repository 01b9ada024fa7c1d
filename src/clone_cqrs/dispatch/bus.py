"""What both buses do alike: registering, looking up, wrapping, and reading messages from the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeAlias, TypeVar

from clone_cqrs.dispatch.gathering import raised_or_gathered
from clone_cqrs.dispatch.middleware import CallNext, Middleware, wrap
from clone_cqrs.dispatch.registry import Registration, Registry
from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import Envelope

H = TypeVar("H")
UnreadListener: TypeAlias = Callable[[str | None, CqrsError], object]


class Bus(Generic[H]):
    """Common half of CommandBus and QueryBus."""

    _registry: Registry[H]

    def __init__(self, registry: Registry[H]) -> None:
        self._registry = registry
        self._registrations = registry.registrations
        self._middleware: list[Middleware] = []
        self._used = False
        self._on_unread: UnreadListener = _nothing

    def register(self, type_or_class: str | type[Envelope[Any, Any]], handler: H) -> None:
        """Make `handler` the one for a type.

        Raises: HandlerAlreadyRegisteredError for a second handler of a type, or a type that differs from the class's;
        MissingPolicyError; TypeError (see Registry.register).
        """
        with raised_or_gathered():
            self._registry.register(type_or_class, handler)

    def get_handler(self, type_or_class: str | type[Envelope[Any, Any]]) -> H | None:
        """The handler of a type, or None."""
        name = type_or_class if isinstance(type_or_class, str) else type_or_class.type_name
        registration = self._registrations.get(name)
        return None if registration is None else registration.handler

    def has_handler(self, type_or_class: str | type[Envelope[Any, Any]]) -> bool:
        """Whether a type has a handler."""
        return self.get_handler(type_or_class) is not None

    @property
    def registrations(self) -> tuple[Registration[H], ...]:
        """All registrations, in the order in which they were made."""
        return tuple(self._registrations.values())

    def use(self, middleware: Middleware) -> None:
        """Put `async def middleware(message, call_next) -> result` around everything; the first one is outermost.

        Raises: RuntimeError after the first `execute`: what wraps a message must not depend on when it came.
        """
        if self._used:
            raise RuntimeError("use() comes before the first execute()")
        self._middleware.append(middleware)

    def on_unread(self, listener: UnreadListener) -> None:
        """Call `listener(type_name, error)` for each wire message that cannot be read, and so meets no middleware.

        type_name: as the message has it, registered or not; None where it has none.
        """
        self._on_unread = listener

    async def _through_middleware(self, message: Any, innermost: Callable[[Any], Awaitable[Any]]) -> Any:
        chain: CallNext = wrap(self._middleware, innermost)
        return await chain(message)


def _nothing(_type_name: str | None, _error: CqrsError) -> None:
    return None
