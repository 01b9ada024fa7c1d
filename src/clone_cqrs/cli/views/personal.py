"""Which columns of views hold what is not to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from clone_cqrs.messages.personal import personal_fields
from clone_cqrs.messages.secrets import secret_fields

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application


def personal_names(application: Application) -> frozenset[str]:
    """The names of all secret and personal fields of the application's messages and results.

    What a view's columns hold is not declared anywhere; those that answers are made of are named alike.
    """
    buses = (application.commands, application.queries)
    messages = [registration.message_class for bus in buses for registration in bus.registrations]
    names: set[str] = set()
    for type_ in (each for message in messages for each in (message.payload_type, message.result_type)):
        names.update(path.rpartition(".")[2] for path in secret_fields(type_))
        for model in _models(type_, set()):
            names |= personal_fields(model)
    return frozenset(names)


def _models(type_: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    for argument in get_args(type_):
        yield from _models(argument, seen)
    if isinstance(type_, type) and issubclass(type_, BaseModel) and type_ not in seen:
        seen.add(type_)
        yield type_
        for field in type_.model_fields.values():
            yield from _models(field.annotation, seen)
