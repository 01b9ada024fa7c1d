"""From declarations, the statements of a migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as with_changes
from pathlib import Path

import asyncpg

from clone_cqrs.views.fresh import lists, readings, swap, triggers
from clone_cqrs.views.fresh.change_table import ChangeTable
from clone_cqrs.views.fresh.described import Described, describe
from clone_cqrs.views.view import MaterializedView, Through


def fresh_view_statements(*views: Described, replace: bool = False) -> list[str]:
    """The statements, in order, of one view or of those that share their changes.

    replace: there are views by these names, with or without a fresh reading. They are read until the new ones, which are made
    and filled beside them, take their places in the end; writes of their tables wait for as long.
    Raises: ValueError for several views that do not share their changes, or cannot.
    """
    table = ChangeTable.of(*(with_changes(view, beside=replace) for view in views))
    return list(_replaced(table) if replace else _made(table))


def write_migration(views: Described | Sequence[Described], folder: Path, *, number: int = 10, replace: bool = False) -> Path:
    """Write the statements as one file, for `run_folder`, to be read before it runs; returns it. number: its place there.

    views: one, or those that share their changes. replace: as in `fresh_view_statements`. Raises: as that.
    """
    together = (views,) if isinstance(views, Described) else tuple(views)
    statements = fresh_view_statements(*together, replace=replace)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:03}_{together[0].names.changes_base}.sql"
    path.write_text("\n".join(f"{sql.rstrip()};\n" for sql in statements), encoding="utf-8")
    return path


async def create_fresh_view(connection: asyncpg.Connection, *views: MaterializedView, replace: bool = False) -> None:
    """Make a view and all of its parts now, or the views that share their changes, in one transaction.

    Locks their tables against writes until the transaction ends. replace: as in `fresh_view_statements`.
    Raises: as `describe` and `fresh_view_statements`; asyncpg's error, for what is missing, or a transaction that is not in
    READ COMMITTED.
    """
    async with connection.transaction():
        described = [await describe(connection, view) for view in views]
        for sql in fresh_view_statements(*described, replace=replace):
            await connection.execute(sql)


def _made(table: ChangeTable) -> Iterator[str]:
    yield from _before_filling(table)
    for member in table.members:
        yield readings.registered(member)
        yield from _filled(member)
        yield from _readings(member)


def _replaced(table: ChangeTable) -> Iterator[str]:
    for member in table.members:
        yield swap.hold_refreshes(member)
    yield from _before_filling(table)
    for member in table.members:
        yield from _filled(member)
    yield from swap.swapped(table)
    for member in table.members:
        yield readings.registered(member)
        yield from _readings(member)


def _before_filling(table: ChangeTable) -> Iterator[str]:
    """Changes are noted before the view is filled: what it misses has to be among them."""
    for member in table.members:
        if member.view.definition is not None:
            yield readings.definition(member)
    yield from readings.changes(table)
    links: set[str] = set()
    for changed in table.followed:
        for _, touched in table.touching(changed):
            if isinstance(touched, Through) and (link := triggers.required_link(changed, touched)) not in links:
                links.add(link)
                yield link
        yield triggers.trigger_function(table, changed)
        yield triggers.triggers(table, changed)


def _filled(member: Described) -> Iterator[str]:
    yield readings.materialized_view(member)
    yield readings.key_index(member)
    if member.view.list_order:
        yield lists.list_index(member)


def _readings(member: Described) -> Iterator[str]:
    yield readings.unchanged(member)
    yield readings.fresh(member)
    if member.view.list_order:
        yield lists.changed_keys(member)
        yield lists.fresh_list(member)
        yield lists.list_of(member, member.names.view)
        yield lists.list_of(member, member.names.definition)
