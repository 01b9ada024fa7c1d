"""Rows of the database as the models that queries answer with."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


def row_as(model: type[M], row: asyncpg.Record, **instead: Any) -> M:
    """The model with the row's columns, and `instead` in place of some of them.

    Not validated: the columns have the right types, which a test holds the statements to, and validation would refuse a sum
    or an average of more digits than a JSON number carries (the wire rounds it, Python sees all of it).
    """
    values = {name: _kept(value) for name, value in row.items()}
    values.update(instead)
    return model.model_construct(**values)


def _kept(value: Any) -> Any:
    if type(value) is list:
        return tuple(value)
    # The driver's own class of UUID, which is a subclass: plain ones are what other code knows how to compare and to copy.
    return UUID(int=value.int) if isinstance(value, UUID) else value
