"""`views list`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.plain import plain
from clone_cqrs.cli.screens import print_json, result_screen
from clone_cqrs.cli.views.chosen import chosen_views
from clone_cqrs.inspection.status import ViewStatus, view_statuses
from clone_cqrs.views import count_changes


@dataclass(frozen=True)
class Listed:
    """A view's status, and how many changes are kept for it; None for one without a fresh reading."""

    status: ViewStatus
    changes: int | None


async def list_views(names: tuple[str, ...], app: str, dsn: str | None, as_json: bool) -> None:
    """Print them."""
    async with operated_application(app, dsn) as application:
        views = chosen_views(application, names)
        statuses = await view_statuses(application.database, [view.name for view in views])
        listed = [
            Listed(status, await count_changes(application.database, view) if status.fresh and view.changes else None)
            for view, status in zip(views, statuses, strict=True)
        ]
    if as_json:
        print_json([plain(each.status) | {"changes": each.changes} for each in listed])
        return
    screen = result_screen()
    screen.print(_table(listed))
    for each in listed:
        if each.status.waits_for:
            screen.print(Text.assemble((f"{each.status.name}: ", "bold yellow"), each.status.waits_for), soft_wrap=True)


def _table(listed: list[Listed]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("view", overflow="fold")
    table.add_column("reading")
    for heading in ("rows", "size", "changes"):
        table.add_column(heading, justify="right")
    table.add_column("filled")
    table.add_column("refreshed")
    table.add_column("in, s", justify="right")
    for each in listed:
        status = each.status
        if not status.filled:
            missing = "never filled" if status.found else "not there"
            table.add_row(Text(status.name), Text(missing, "bold red"))
            continue
        table.add_row(
            Text(status.name),
            "fresh" if status.fresh else "as filled",
            "?" if status.rows is None else f"{status.rows:,.0f}",
            decimal(status.bytes or 0),
            "-" if each.changes is None else f"{each.changes:,}",
            _moment(status.filled_at),
            _moment(status.refreshed_at),
            "-" if status.refresh_seconds is None else f"{status.refresh_seconds:.2f}",
        )
    return table


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%m-%d %H:%M:%S}"
