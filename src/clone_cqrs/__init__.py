"""CQRS for Python on PostgreSQL: commands in, fresh views out.

What is named here, in `clone_cqrs.errors` and in `clone_cqrs.domain` is the public contract. Names are loaded when they are
first used, so that `import clone_cqrs` costs nothing, and who needs messages only does not wait for a driver.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.commands import BaseCommandHandler, CommandBus
    from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
    from clone_cqrs.dispatch.caller import current_caller
    from clone_cqrs.dispatch.policies import anyone, has_role, owner_of
    from clone_cqrs.events import ConsistencyToken, DeadLetters, EventLog, EventPublisher, EventSubscriber
    from clone_cqrs.messages import Command, CommandResult, DomainEvent, Page, Payload, Personal, Query, QueryResult
    from clone_cqrs.postgres import Database
    from clone_cqrs.queries import BaseQueryHandler, QueryBus
    from clone_cqrs.views import MaterializedView

__all__ = [
    "Application",
    "BaseCommandHandler",
    "BaseQueryHandler",
    "Command",
    "CommandBus",
    "CommandResult",
    "ConsistencyRule",
    "ConsistencyToken",
    "Database",
    "DeadLetters",
    "DomainEvent",
    "EventLog",
    "EventPublisher",
    "EventSubscriber",
    "EventualConsistencyHandler",
    "MaterializedView",
    "Page",
    "Payload",
    "Personal",
    "Query",
    "QueryBus",
    "QueryResult",
    "anyone",
    "current_caller",
    "has_role",
    "owner_of",
]

_MODULES = {
    "clone_cqrs.bootstrap": "Application",
    "clone_cqrs.commands": "BaseCommandHandler CommandBus",
    "clone_cqrs.consistency": "ConsistencyRule EventualConsistencyHandler",
    "clone_cqrs.dispatch.caller": "current_caller",
    "clone_cqrs.dispatch.policies": "anyone has_role owner_of",
    "clone_cqrs.events": "ConsistencyToken DeadLetters EventLog EventPublisher EventSubscriber",
    "clone_cqrs.messages": "Command CommandResult DomainEvent Page Payload Personal Query QueryResult",
    "clone_cqrs.postgres": "Database",
    "clone_cqrs.queries": "BaseQueryHandler QueryBus",
    "clone_cqrs.views": "MaterializedView",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


# For a type checker there is no such function: it knows the names from above, and tells of one that is not among them.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
