"""MaterializedView: a read model, declared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clone_cqrs.views.names import ViewName


@dataclass(frozen=True, kw_only=True)
class MaterializedView:
    """What a materialized view is, as a value.

    name: with or without a schema; key: the column, or columns, that tell its rows apart, under a unique index; definition:
    the SELECT that says what it holds; changes: which table's change touches which keys; list_key: the column that its lists
    are selected by; time_columns: the columns that depend on the time of day.
    Raises: ValueError for a name or a column that is no identifier, and without a key.
    """

    name: str
    key: str | tuple[str, ...]
    definition: str | None = None
    changes: Mapping[str, Any] | None = None
    list_key: str | None = None
    time_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ViewName.parse(self.name)
        object.__setattr__(self, "time_columns", tuple(self.time_columns))
        columns = [*self.key_columns, *self.time_columns, *([self.list_key] if self.list_key is not None else [])]
        for column in columns:
            if ViewName.parse(column).schema is not None:
                raise ValueError(f"{self.name}: {column!r} is no name of a column")
        if not self.key_columns:
            raise ValueError(f"{self.name}: a view needs a key")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The key's columns."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)
