"""MaterializedView: a read model, declared once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from clone_cqrs.views.names import ViewName


@dataclass(frozen=True)
class Through:
    """Keys that are not in the changed row, but in the row of another table that it references.

    column: of the changed row; table, key: what it references; columns: of that row, as they would stand in `changes`.
    """

    column: str
    table: str
    columns: str | tuple[str, ...]
    key: str = "id"


Touched: TypeAlias = str | tuple[str, ...] | Through
"""Where a changed row says which row of the view it touches: the columns that hold the view's key, then its list key."""


@dataclass(frozen=True)
class SharedChanges:
    """One table for the changes of several views: a write that touches several of them notes one row.

    name: the same for all of them, in the schema of the views; columns: what a view's key and list key are called there, where
    not as in the view.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)


_ORDER = re.compile(r"(?P<column>.*?)(?:\s+(?P<direction>ASC|DESC))?", re.IGNORECASE | re.DOTALL)


class Ordered(NamedTuple):
    """A column that lists are ordered by."""

    column: str
    descending: bool

    @classmethod
    def parse(cls, text: str) -> Ordered:
        """A column as in ORDER BY: `started_at DESC`. Raises: ValueError for what is no name of a column."""
        found = _ORDER.fullmatch(text)
        assert found is not None, "any text has a beginning"
        name = ViewName.parse(found["column"])
        if name.schema is not None:
            raise ValueError(f"{text!r} is no name of a column")
        return cls(found["column"], (found["direction"] or "").upper() == "DESC")


@dataclass(frozen=True, kw_only=True)
class MaterializedView:
    """What a materialized view is, as a value.

    name: with or without a schema; key: the column, or columns, that tell its rows apart, under a unique index; definition:
    the SELECT that says what it holds; changes: which table's change touches which keys, for a fresh reading, the table that
    the definition has one row of for each of its own (the driving table) first; shared_changes: where these are noted, if not
    in a table of the view's own: views that share one are made and refreshed together; list_key: the column that its lists are
    selected by; list_order: what they are ordered by, as in ORDER BY, columns of the driving table that the view has under
    the same names, all in one direction, and the key among them, so that no two rows tie; list_filters: columns that a list
    may be limited to one value of; time_columns: the columns that depend on the time of day; functions: those
    that the definition calls and whose tables the catalog cannot see, with the tables that each reads.
    Raises: ValueError for a name or a column that is no identifier, without a key, for changes that do not name the key and
    the list key, or that look them up in a table which is not among them, and for an order that is none of a list.
    """

    name: str
    key: str | tuple[str, ...]
    definition: str | None = None
    changes: Mapping[str, Touched] = field(default_factory=dict)
    shared_changes: SharedChanges | None = None
    list_key: str | None = None
    list_order: tuple[str, ...] = ()
    list_filters: tuple[str, ...] = ()
    time_columns: tuple[str, ...] = ()
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ViewName.parse(self.name)
        object.__setattr__(self, "time_columns", tuple(self.time_columns))
        object.__setattr__(self, "changes", dict(self.changes or {}))
        object.__setattr__(self, "functions", {name: tuple(tables) for name, tables in self.functions.items()})
        object.__setattr__(self, "list_order", tuple(self.list_order))
        object.__setattr__(self, "list_filters", tuple(self.list_filters))
        columns = [
            *self.key_columns,
            *self.time_columns,
            *self.list_filters,
            *([self.list_key] if self.list_key is not None else []),
        ]
        for column in columns:
            if ViewName.parse(column).schema is not None:
                raise ValueError(f"{self.name}: {column!r} is no name of a column")
        if not self.key_columns:
            raise ValueError(f"{self.name}: a view needs a key")
        for table, touched in self.changes.items():
            self._check(table, touched)
        self._check_shared()
        for name in (*self.functions, *(table for tables in self.functions.values() for table in tables)):
            ViewName.parse(name)
        self._check_order()

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The key's columns."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def change_columns(self) -> tuple[str, ...]:
        """What a change names: the list key first, for the index to begin with, and the key."""
        first = () if self.list_key is None or self.list_key in self.key_columns else (self.list_key,)
        return first + self.key_columns

    @property
    def noted_columns(self) -> dict[str, str]:
        """For each of these, what it is called in the table of changes."""
        called = {} if self.shared_changes is None else self.shared_changes.columns
        return {column: called.get(column, column) for column in self.change_columns}

    @property
    def driving_table(self) -> str:
        """The first of those that it changes with. Raises: ValueError where there is none."""
        for table in self.changes:
            return table
        raise ValueError(f"{self.name}: no table that it changes with is declared")

    @property
    def order(self) -> tuple[Ordered, ...]:
        """What its lists are ordered by."""
        return tuple(map(Ordered.parse, self.list_order))

    def columns_of(self, touched: Touched) -> dict[str, str]:
        """For each of the view's change columns, the column that holds it."""
        given = touched.columns if isinstance(touched, Through) else touched
        given = (given,) if isinstance(given, str) else tuple(given)
        named = self.key_columns + tuple(column for column in self.change_columns if column not in self.key_columns)
        if len(given) != len(named):
            raise ValueError(f"{self.name}: a change has to name {', '.join(named)}, in this order; not {', '.join(given)}")
        by_name = dict(zip(named, given, strict=True))
        return {column: by_name[column] for column in self.change_columns}

    def _check(self, table: str, touched: Touched) -> None:
        ViewName.parse(table)
        self.columns_of(touched)
        if isinstance(touched, Through) and touched.table not in self.changes:
            raise ValueError(f"{self.name}: keys of {table} are looked up in {touched.table}, which is not among its changes")

    def _check_shared(self) -> None:
        shared = self.shared_changes
        if shared is None:
            return
        if not self.changes:
            raise ValueError(f"{self.name}: without changes, there are none to share")
        for name in (shared.name, *shared.columns.values()):
            if ViewName.parse(name).schema is not None:
                raise ValueError(f"{self.name}: {name!r} in shared_changes has to be a name without a schema")
        unknown = set(shared.columns) - set(self.change_columns)
        if unknown:
            raise ValueError(f"{self.name}: shared_changes renames {', '.join(sorted(unknown))}, which no change names")

    def _check_order(self) -> None:
        order = self.order
        if not order:
            if self.list_filters:
                raise ValueError(f"{self.name}: list_filters are those of lists in list_order")
            return
        names = {ViewName.parse(each.column).name for each in order}
        if self.list_key is None or not {ViewName.parse(column).name for column in self.key_columns} <= names:
            raise ValueError(f"{self.name}: list_order is the order of lists by list_key, and names the key, so that none tie")
        if len({each.descending for each in order}) > 1:
            raise ValueError(f"{self.name}: list_order has one direction, so that a page can begin after a row")
        if self.changes and isinstance(self.changes[self.driving_table], Through):
            raise ValueError(f"{self.name}: {self.driving_table} comes first in changes, and has to hold the key itself")
