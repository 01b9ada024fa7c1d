"""The table that changes are noted in: of one view, or of several that share it."""

from __future__ import annotations

from dataclasses import dataclass

from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import Touched


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """members: the views whose changes it has; columns: by name, with types and collations, the list key first.

    A row is a change of each member whose columns it has. Those of one view are the first of another's, so that one index
    serves all.
    """

    members: tuple[Described, ...]
    columns: dict[str, str]

    @classmethod
    def of(cls, *members: Described) -> ChangeTable:
        """Raises: ValueError for views that do not share their changes, or cannot."""
        widest = max(members, key=lambda member: len(member.view.change_columns))
        columns = _noted(widest)
        for member in members:
            if member.names.changes != widest.names.changes:
                raise ValueError(f"{member.view.name} and {widest.view.name} do not share their changes: make each by itself")
            if list(_noted(member).items()) != list(columns.items())[: len(_noted(member))]:
                raise ValueError(
                    f"{member.view.name}: it shares its changes with {widest.view.name}, whose columns there are"
                    f" {_listed(columns)}; its own, {_listed(_noted(member))}, have to be the first of these, of the same types"
                )
        return cls(members, columns)

    @property
    def names(self) -> FreshNames:
        """What its parts are called."""
        return self.members[0].names

    @property
    def made(self) -> FreshNames:
        """What they are called until they replace others."""
        return self.members[0].made

    @property
    def views(self) -> str:
        """The members, for a comment."""
        return " and ".join(member.names.view.quoted for member in self.members)

    @property
    def followed(self) -> tuple[str, ...]:
        """The tables whose changes are noted."""
        return tuple(dict.fromkeys(table for member in self.members for table in member.view.changes))

    def touching(self, table: str) -> list[tuple[Described, Touched]]:
        """The members that a change of a table touches, and how; the one with the most columns first."""
        touching = [(member, member.view.changes[table]) for member in self.members if table in member.view.changes]
        return sorted(touching, key=lambda each: -len(each[0].view.change_columns))


def _noted(member: Described) -> dict[str, str]:
    called = {ViewName.parse(noted).name: ViewName.parse(name).name for name, noted in member.view.noted_columns.items()}
    return {noted: member.columns[name] + _collated(member.collations.get(name)) for noted, name in called.items()}


def _collated(collation: str | None) -> str:
    """An index of another collation than the view's column is of no use for looking up."""
    return "" if collation is None else f" COLLATE {collation}"


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in columns.items())
