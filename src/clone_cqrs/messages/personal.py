"""Which fields of a model are personal data: logs mask them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel

from clone_cqrs.messages.payload import PersonalData


@lru_cache(maxsize=1024)
def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the model's own fields that are declared as `Personal[...]`, anywhere in their type."""
    return frozenset(
        name
        for name, info in model.model_fields.items()
        if any(isinstance(mark, PersonalData) for mark in info.metadata) or _is_marked(info.annotation)
    )


def _is_marked(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, PersonalData) for mark in marks) or any(map(_is_marked, get_args(annotation)))
