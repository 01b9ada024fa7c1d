"""The statements that compare a fresh reading with its definition, over ranges of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from clone_cqrs.views.names import ViewName

Key: TypeAlias = tuple[str, ...]
"""A key's columns, as text."""


@dataclass(frozen=True, slots=True)
class Range:
    """A condition on keys, and its parameters."""

    condition: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What both sides are read from, as after FROM, and the parameters."""

    fresh: str
    definition: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one reading with its definition. types: of all columns, by name, in order; keys: the key's; noted: a change's."""

    view: ViewName
    definition: ViewName
    reading: ViewName
    types: dict[str, str]
    keys: tuple[str, ...]
    noted: tuple[str, ...]

    def between(self, after: Sequence[Key], up_to: Key | None) -> Range:
        """Keys after all of `after`, up to and with `up_to`."""
        bounds = [(">", key) for key in after] + ([("<=", up_to)] if up_to is not None else [])
        parameters: list[str] = []
        conditions = []
        for operator, key in bounds:
            conditions.append(f"({_listed(self.keys)}) {operator} ({self._values(key, len(parameters))})")
            parameters += key
        return Range(" AND ".join(conditions) or "true", tuple(parameters))

    def rows(self, keys: Range) -> Part:
        """The rows of both sides in a range of keys."""
        fresh, definition = (f"{of.quoted} WHERE {keys.condition}" for of in (self.reading, self.definition))
        return Part(fresh, definition, keys.parameters)

    def page(self, fresh: ViewName, definition: ViewName, type_: str, value: str, rows: int) -> Part:
        """The first rows of a list, of both sides' functions for it."""
        arguments = f"($1::text::{type_}, {rows})"
        return Part(fresh.quoted + arguments, definition.quoted + arguments, (value,))

    def nth_key(self, of: ViewName, keys: Range, n: int) -> str:
        """The n-th key of a range, in order; no row where there are fewer."""
        return (
            f"SELECT {_texts(self.keys)} AS key FROM {of.quoted} WHERE {keys.condition}"
            f" ORDER BY {_listed(self.keys)} OFFSET {n - 1} LIMIT 1"
        )

    def last_key(self) -> str:
        """The last key of the materialized view."""
        descending = ", ".join(f"{_column(name)} DESC" for name in self.keys)
        return f"SELECT {_texts(self.keys)} AS key FROM {self.view.quoted} ORDER BY {descending} LIMIT 1"

    def some_keys(self, of: Sequence[str], percent: float, most: int) -> str:
        """Values of some columns in the materialized view, taken at random, in order."""
        return (
            f"SELECT {_texts(of)} AS key FROM (SELECT {_listed(of)} FROM {self.view.quoted} TABLESAMPLE SYSTEM ({percent:f})"
            f" ORDER BY random() LIMIT {most}) AS taken ORDER BY {_listed(of)}"
        )

    def counts(self, part: Part) -> str:
        """How many rows there are, and how many of them differ."""
        return f"SELECT count(*) AS rows, count(*) FILTER (WHERE {_DIFFERS}) AS different FROM {self._joined(part)}"

    def differences(self, part: Part, most: int) -> str:
        """The rows that differ, in the order of keys; both sides as arrays of text, null for a row that is not there."""
        return (
            "SELECT coalesce(f.key, d.key) AS key, f.noted AS fresh_noted, d.noted AS definition_noted,"
            f" f.row AS fresh, d.row AS definition FROM {self._joined(part)} WHERE {_DIFFERS} ORDER BY 1 LIMIT {most}"
        )

    def _joined(self, part: Part) -> str:
        # By the count among rows of one key, too, so that a row which one side has twice is not taken for one.
        sides = [
            f"(SELECT {_texts(self.keys)} AS key, row_number() OVER (PARTITION BY {_listed(self.keys)}) AS nth,"
            f" {_texts(self.noted)} AS noted, {_texts(self.types)} AS row FROM {of}) AS {name}"
            for of, name in ((part.fresh, "f"), (part.definition, "d"))
        ]
        return " FULL JOIN ".join(sides) + " ON f.key = d.key AND f.nth = d.nth"

    def _values(self, key: Key, before: int) -> str:
        named = enumerate(zip(self.keys, key, strict=True), before + 1)
        return ", ".join(f"${number}::text::{self.types[name]}" for number, (name, _value) in named)


# As text: not every type has an equality, and what is written differently is not the same answer.
_DIFFERS = "(f.row IS DISTINCT FROM d.row)"


def _column(name: str) -> str:
    return ViewName(None, name).quoted


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_column, names))


def _texts(names: Sequence[str] | dict[str, str]) -> str:
    return f"ARRAY[{', '.join(f'{_column(name)}::text' for name in names)}]"
