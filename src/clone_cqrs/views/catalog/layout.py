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
    columns = {name: name for name in (ViewName.parse(column).name for column in view.change_columns)}
    return ChangeRows(FreshNames.of(view).changes, columns)


def trigger_function(view: MaterializedView, table: str) -> ViewName:
    """What a change of a table has to call."""
    return FreshNames.of(view).trigger(table)


def readings(view: MaterializedView) -> tuple[ViewName, ...]:
    """The views that say now what the definition says, each of all rows."""
    names = FreshNames.of(view)
    return (names.fresh,)
