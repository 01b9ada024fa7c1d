"""An application to watch: points of users, a subscription that hears of them, a view that follows."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
from tests.consistency.points import POINTS, Given, GivePoints, OfUser, PointsGiven, ViewPoints

from clone_cqrs.bootstrap import Application
from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency import ConsistencyRule
from clone_cqrs.dispatch.policies import anyone, owner_of
from clone_cqrs.events import EventSubscriber, RetryPolicy
from clone_cqrs.events.subscriptions.settings import Start
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Query
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus

GIVE = "INSERT INTO points AS p VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET points = p.points + excluded.points"
BADGES = "badges"
"""The subscription's name."""

Hear = Callable[[DomainEvent[Any]], Awaitable[object]]
log = logging.getLogger("tests.telemetry.handlers")


async def make_tables(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(POINTS)
    await connection.close()


async def nothing(_event: DomainEvent[Any]) -> None:
    return None


def points_application(
    dsn: str,
    *,
    hear: Hear = nothing,
    start: Start = "end",
    workers: bool = True,
) -> Application:
    """The application, to be opened. hear: the subscription's handler; start: where it begins."""
    database = Database.open(dsn)
    commands, queries = CommandBus(database=database), QueryBus(database, enable_caching=True)

    @commands.handles(GivePoints, policy=owner_of("user_id"))
    async def give(command: GivePoints) -> CommandResult[int]:
        log.info("giving")
        await database.execute(GIVE, command.payload.user_id, command.payload.points)
        return CommandResult(True, 1, None, [PointsGiven(aggregate_id=command.payload.user_id, payload=command.payload)])

    @queries.handles(ViewPoints, policy=anyone, reads=("points_view",))
    async def view(query: ViewPoints) -> int:
        log.info("viewing")
        found = await database.fetch_value("SELECT points FROM points_view WHERE user_id = $1", query.payload.user_id)
        return int(found or 0)

    badges = EventSubscriber(database, BADGES, retries=RetryPolicy(attempts=2, first_delay=0.01), start=start, poll=0.05)
    badges.on(PointsGiven, hear)
    return Application(
        database=database,
        commands=commands,
        queries=queries,
        rules=[ConsistencyRule("points.given", ("points.view",), ("points_view",), scope="user_id")],
        subscriptions=[badges],
        workers=workers,
    )


def give_points(user_id: UUID, points: int = 1, **envelope: Any) -> Command[Given, int]:
    return GivePoints({"user_id": user_id, "points": points}, user_id, **envelope)


def view_points(user_id: UUID) -> Query[OfUser, int]:
    return ViewPoints({"user_id": user_id}, user_id)
