"""What the parts of a view with a fresh reading are called."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_MAX_BYTES = 63  # PostgreSQL cuts longer names off, silently


@dataclass(frozen=True, slots=True)
class FreshNames:
    """For `points_view`: `points_definition`, `points_fresh`, `points_fresh_list` and more beside it; changes in `cqrs`.

    declared: the view, with its schema; shared: what the table of changes is called, where it is not of this view alone.
    suffix, definition_suffix: of what is made beside that which it is to replace.
    """

    declared: ViewName
    shared: str | None = None
    suffix: str = ""
    definition_suffix: str = ""

    @classmethod
    def of(cls, view: MaterializedView) -> FreshNames:
        """Raises: ValueError for a name that a part of it would be too long for."""
        name = ViewName.parse(view.name)
        shared = None if view.shared_changes is None else ViewName.parse(view.shared_changes.name).name
        names = cls(ViewName(name.schema or "public", name.name), shared)
        if len(names.list_of(names.definition).name.encode()) > _MAX_BYTES:
            raise ValueError(f"{view.name}: too long a name for a view with a fresh reading")
        return names

    @property
    def view(self) -> ViewName:
        """The materialized view."""
        return ViewName(self.declared.schema, self._made(self.declared.name, self.suffix))

    @property
    def key_index(self) -> str:
        """The view's unique index."""
        return self._made(short(self.declared.name) + "_key", self.suffix)

    @property
    def list_index(self) -> str:
        """The index that its lists are read by."""
        return self._made(short(self.declared.name) + "_list", self.suffix)

    @property
    def definition(self) -> ViewName:
        """The plain view of what the materialized view holds."""
        return ViewName(self.declared.schema, self._made(self._base + "_definition", self.definition_suffix))

    @property
    def fresh(self) -> ViewName:
        """The fresh reading, for reading by key."""
        return self._beside("_fresh")

    @property
    def unchanged(self) -> ViewName:
        """The rows of the view that did not change since its last refresh."""
        return self._beside("_unchanged")

    @property
    def changed(self) -> ViewName:
        """The keys that did, with what lists are ordered by."""
        return self._beside("_changed")

    def list_of(self, reading: ViewName) -> ViewName:
        """The function for a page of the view, its definition or its fresh reading."""
        return ViewName(reading.schema, f"{reading.name}_list")

    @property
    def changes(self) -> ViewName:
        """The table of changed keys."""
        return ViewName("cqrs", self._made(short(f"changed_{self.declared.schema}_{self.changes_base}"), self.suffix))

    @property
    def changes_index(self) -> str:
        """The index of that table."""
        return self._made(short(f"changed_{self.declared.schema}_{self.changes_base}") + "_key", self.suffix)

    def trigger(self, table: str) -> ViewName:
        """The function that a change of a table calls."""
        changed = ViewName.parse(table)
        noting = f"{self.declared.schema}_{self.changes_base}"
        return ViewName("cqrs", short(f"{noting}_of_{changed.schema or 'public'}_{changed.name}"))

    @property
    def _base(self) -> str:
        return self.declared.name.removesuffix("_view")

    @property
    def changes_base(self) -> str:
        """What the names of all that notes changes, and of the migration's file, are made from."""
        return self.shared or self._base

    def _beside(self, suffix: str) -> ViewName:
        return ViewName(self.declared.schema, self._base + suffix)

    @staticmethod
    def _made(name: str, suffix: str) -> str:
        return short(name, len(suffix)) + suffix if suffix else name


def table(name: str) -> str:
    """A table's name, quoted, in `public` where it names no schema."""
    parsed = ViewName.parse(name)
    return ViewName(parsed.schema or "public", parsed.name).quoted


def short(name: str, room: int = 6) -> str:
    """A name that leaves room for a suffix; a longer one is cut and told apart by a hash."""
    if len(name.encode()) <= _MAX_BYTES - room:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return name.encode()[: _MAX_BYTES - room - 9].decode(errors="ignore") + "_" + digest


def literal(text: str) -> str:
    """Text as a literal in a statement."""
    return "'" + text.replace("'", "''") + "'"


def column(name: str) -> str:
    """A column's name, quoted."""
    return ViewName.parse(name).quoted


def bare(name: str) -> str:
    """The same of a name as the catalog has it."""
    return ViewName(None, name).quoted
