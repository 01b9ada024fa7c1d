"""open_clone: the whole clone, wired, as one value."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from clone_cqrs.bootstrap import Application
from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.registration import register_handlers
from clone_cqrs.domain.rules import DEFAULT_CONSISTENCY_RULES
from clone_cqrs.domain.schema import MIGRATIONS
from clone_cqrs.domain.users.passwords import PasswordCost
from clone_cqrs.domain.views import VIEWS
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def open_clone(
    dsn: str | None = None,
    *,
    direct_dsn: str | None = None,
    workers: bool = True,
    migrate: bool = True,
    cache_ttl: float | timedelta = 60.0,
    password_cost: PasswordCost | None = None,
    min_connections: int = 0,
    max_connections: int = 10,
    connect_timeout: float = 10.0,
    statement_timeout: float = 30.0,
    idle_in_transaction_timeout: float = 60.0,
    data_directory: Path | None = None,
) -> Application:
    """The conversational clone, to be entered: `async with open_clone() as clone: await clone.commands.execute(...)`.

    dsn: None is the environment's DATABASE_URL, else the embedded server (in `data_directory`, by default a persistent one of
    this user). workers: whether this process keeps the views up with events; migrate: bring the schema to its newest revision
    when entered; cache_ttl: the longest that an answer is kept, in seconds or as a timedelta; password_cost: what hashing a
    password costs; the others as in Database.open, times in seconds.
    """
    database = Database.open(
        dsn,
        direct_dsn=direct_dsn,
        min_connections=min_connections,
        max_connections=max_connections,
        connect_timeout=connect_timeout,
        statement_timeout=statement_timeout,
        idle_in_transaction_timeout=idle_in_transaction_timeout,
        data_directory=data_directory,
    )
    commands = CommandBus(database=database)
    queries = QueryBus(database=database, enable_caching=True, cache_ttl=cache_ttl)
    register_handlers(commands, queries, database, password_cost=password_cost)
    return Application(
        database=database,
        commands=commands,
        queries=queries,
        views=VIEWS,
        rules=DEFAULT_CONSISTENCY_RULES,
        migrations=[MIGRATIONS],
        workers=workers,
        migrate_at_start=migrate,
    )
