"""Where the parts of a view with a fresh reading are: the one place that knows, for whoever looks at a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView


@dataclass(frozen=True, slots=True)
class ChangeRows:
    """Where a view's changes are noted. columns: of the table, for each of the view's change columns."""

    table: ViewName
    columns: Mapping[str, str]


def change_rows(view: MaterializedView) -> ChangeRows:
    """Of one view; rows of that table may be another's, too: they have no key of this one."""
    columns = {ViewName.parse(name).name: ViewName.parse(noted).name for name, noted in view.noted_columns.items()}
    return ChangeRows(FreshNames.of(view).changes, columns)


def trigger_function(view: MaterializedView, table: str) -> ViewName:
    """What a change of a table has to call."""
    return FreshNames.of(view).trigger(table)


@dataclass(frozen=True, slots=True)
class ListReadings:
    """The functions for a page of a list, of the fresh reading and of the definition: of a list key, so many rows."""

    list_key: str
    fresh: ViewName
    definition: ViewName


def list_readings(view: MaterializedView) -> ListReadings | None:
    """None for a view whose lists have no order."""
    if view.list_key is None or not view.list_order:
        return None
    names = FreshNames.of(view)
    return ListReadings(view.list_key, names.list_of(names.fresh), names.list_of(names.definition))
