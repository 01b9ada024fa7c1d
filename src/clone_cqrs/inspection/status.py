"""How an application is: its log, its subscriptions and why they stand, its views, its cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clone_cqrs.bootstrap import UPKEEP, Application
from clone_cqrs.events import SubscriptionState, subscription_states
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.queries.cache.statistics import CacheStatistics
from clone_cqrs.views.names import ViewName

_LOG_STATUS = statement("clone_cqrs.inspection", "log_status")
_LIVE_WORKERS = statement("clone_cqrs.inspection", "live_workers")
_VIEW_STATUS = statement("clone_cqrs.inspection", "view_status")


@dataclass(frozen=True)
class LogStatus:
    """head: the highest position, 0 without any; first: the lowest one that is kept; bytes: with indexes; needed_from: the
    first position that some subscription still needs, and so retention keeps.
    """

    head: int
    first: int | None
    partitions: int
    bytes: int
    needed_from: int | None


@dataclass(frozen=True)
class Worker:
    """A process that works on a subscription now."""

    subscription: str
    owner: str


@dataclass(frozen=True)
class ViewStatus:
    """One view of the application.

    found: it is in the database; filled: it was, once; fresh: it has a fresh reading, and is never stale; rows: the server's
    estimate; filled_at: by whatever statement, where it is stamped; refreshed_at, refresh_seconds: the library's last refresh;
    waits_for: why changes are not swept.
    """

    name: str
    found: bool
    filled: bool
    fresh: bool
    rows: float | None
    bytes: int | None
    filled_at: datetime | None
    refreshed_at: datetime | None
    refresh_seconds: float | None
    waits_for: str | None


@dataclass(frozen=True)
class Status:
    """not_started: the application's subscriptions that no worker has ever run; cache: of this process, None where it does not
    follow the log.
    """

    log: LogStatus
    subscriptions: tuple[SubscriptionState, ...]
    not_started: tuple[str, ...]
    workers: tuple[Worker, ...]
    views: tuple[ViewStatus, ...]
    cache: CacheStatistics | None

    @property
    def well(self) -> bool:
        """Whether nothing stands and nothing is missing."""
        stands = any(subscription.why is not None for subscription in self.subscriptions)
        return not (stands or self.not_started or any(not view.filled for view in self.views))


async def status(application: Application) -> Status:
    """The status of an application whose database is open; it need not be at work itself. Several statements, no locks."""
    database = application.database
    log = await database.fetch_one(_LOG_STATUS)
    assert log is not None
    states = await subscription_states(database)
    started = {state.name for state in states}
    wanted = (UPKEEP, *(subscription.name for subscription in application.subscriptions))
    cache = application.queries.cache_statistics()
    return Status(
        LogStatus(**log),
        states,
        tuple(name for name in dict.fromkeys(wanted) if name is not None and name not in started),
        tuple(Worker(**row) for row in await database.fetch(_LIVE_WORKERS)),
        await view_statuses(database, [view.name for view in application.views]),
        None if cache.position is None else cache,
    )


async def view_statuses(database: Database, names: list[str]) -> tuple[ViewStatus, ...]:
    """Of the views that are named, in that order."""
    quoted = [ViewName.parse(name).quoted for name in names]
    return tuple(ViewStatus(**row) for row in await database.fetch(_VIEW_STATUS, names, quoted))
