"""What a definition reads and calls, as the catalog has it: dependencies of its rule, through other plain views."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.names import ViewName

_RULES_OF_DEFINITION = statement("clone_cqrs.views.catalog", "rules_of_definition")
_RELATIONS_READ = statement("clone_cqrs.views.catalog", "relations_read")
_FUNCTIONS_CALLED = statement("clone_cqrs.views.catalog", "functions_called")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that is read, no plain view. columns: those named; none where only its rows count."""

    name: ViewName
    kind: str
    built_in: bool
    in_parts: bool
    columns: tuple[str, ...]
    floats: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.columns)})" if self.columns else f"{self.name} (its rows)"


@dataclass(frozen=True, slots=True)
class Called:
    """A function that is called. traced: what its body reads is among the relations."""

    name: ViewName
    built_in: bool
    volatility: str
    traced: bool
    adds_floats: bool
    tells_time: bool


@dataclass(frozen=True, slots=True)
class Reads:
    """Of one definition."""

    relations: tuple[Relation, ...]
    functions: tuple[Called, ...]


async def definition_reads(connection: asyncpg.Connection, definition: ViewName) -> Reads:
    """What the plain view reads. Tables that a function reads are known where its body is BEGIN ATOMIC, and nowhere else."""
    ((rules, functions),) = await connection.fetch(_RULES_OF_DEFINITION, definition.quoted)
    relations = await connection.fetch(_RELATIONS_READ, rules, functions)
    called = await connection.fetch(_FUNCTIONS_CALLED, rules, functions)
    return Reads(
        tuple(
            Relation(
                name=ViewName(row["schema"], row["name"]),
                kind=row["kind"],
                built_in=row["built_in"],
                in_parts=row["in_parts"],
                columns=tuple(row["columns"]),
                floats=tuple(row["floats"]),
            )
            for row in relations
        ),
        tuple(
            Called(
                name=ViewName(row["schema"], row["name"]),
                built_in=row["built_in"],
                volatility=row["volatility"],
                traced=row["traced"],
                adds_floats=row["adds_floats"],
                tells_time=row["tells_time"],
            )
            for row in called
        ),
    )
