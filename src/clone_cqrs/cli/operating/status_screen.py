"""A status, drawn."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from clone_cqrs.events import SubscriptionState
from clone_cqrs.inspection import LogStatus, Status, ViewStatus


def status_screen(status: Status) -> RenderableType:
    """The log, the subscriptions and what is the matter with them, the views."""
    parts: list[RenderableType] = [_log(status.log), Text(), _subscriptions(status.subscriptions), *_reasons(status)]
    if status.views:
        parts += [Text(), _views(status.views), *_waits(status.views)]
    if status.cache is not None:
        follows = "usable" if status.cache.usable else "not used: it has not heard from the log lately"
        parts += [Text(), Text(f"cache: {status.cache.entries:,} answers, at position {status.cache.position}, {follows}")]
    return Group(*parts)


def _log(log: LogStatus) -> Text:
    if log.first is None:
        return Text("log: empty")
    needed = "" if log.needed_from is None else f"; subscriptions need it from {log.needed_from}"
    partitions = f"{log.partitions} partition{'s' if log.partitions != 1 else ''}"
    return Text(f"log: positions {log.first} to {log.head}, {partitions}, {decimal(log.bytes)}{needed}")


def _subscriptions(states: tuple[SubscriptionState, ...]) -> Table:
    table = _table("subscription")
    for heading in ("checkpoint", "lag", "lag, s", "retrying", "dead"):
        table.add_column(heading, justify="right")
    table.add_column("worker", overflow="fold")
    for state in states:
        name = state.name if state.partition == 0 and _partitions(state, states) == 1 else f"{state.name}/{state.partition}"
        table.add_row(
            Text(name),
            f"{state.checkpoint}",
            f"{state.lag_events}",
            f"{state.lag_s:.1f}",
            f"{state.retrying}",
            Text(f"{state.dead}", "bold red" if state.dead else ""),
            Text(state.owner or "-", "" if state.owner else "dim"),
        )
    if not states:
        table.add_row(Text("none", "dim"))
    return table


def _reasons(status: Status) -> list[RenderableType]:
    told: list[RenderableType] = []
    for state in status.subscriptions:
        if state.why is not None:
            told.append(Text.assemble((f"{state.name}: ", "bold yellow"), state.why))
        if state.dead:
            told.append(Text(f"  clone-cqrs dead-letters list {state.name}", "dim"))
    told += [
        Text.assemble((f"{name}: ", "bold yellow"), "has never run; `clone-cqrs worker` runs it") for name in status.not_started
    ]
    return told


def _views(views: tuple[ViewStatus, ...]) -> Table:
    table = _table("view")
    table.add_column("reading")
    table.add_column("rows", justify="right")
    table.add_column("filled")
    table.add_column("refresh, s", justify="right")
    for view in views:
        if not view.filled:
            missing = "has never been filled" if view.found else "is not in the database: clone-cqrs migrate"
            table.add_row(Text(view.name), Text(missing, "bold red"))
            continue
        table.add_row(
            Text(view.name),
            "fresh" if view.fresh else "as filled",
            "?" if view.rows is None else f"{view.rows:,.0f}",
            _moment(view.filled_at or view.refreshed_at),
            "-" if view.refresh_seconds is None else f"{view.refresh_seconds:.2f}",
        )
    return table


def _waits(views: tuple[ViewStatus, ...]) -> list[RenderableType]:
    waiting = [(view.name, view.waits_for) for view in views if view.waits_for is not None]
    return [Text.assemble((f"{name}: ", "bold yellow"), f"its changes are kept, for want of {what}") for name, what in waiting]


def _table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    return table


def _partitions(state: SubscriptionState, states: tuple[SubscriptionState, ...]) -> int:
    return sum(other.name == state.name for other in states)


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
