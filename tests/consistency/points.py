"""The tiny domain of these tests: a user's points, read from the table and from a materialized view."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.commands.waiting import until

from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency import EventualConsistencyHandler
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.events.reading import log_head
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload, Query
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus

POINTS = """
CREATE TABLE points (user_id uuid PRIMARY KEY, points integer NOT NULL CONSTRAINT never_negative CHECK (points >= 0));
CREATE MATERIALIZED VIEW points_view AS SELECT user_id, points FROM points;
CREATE UNIQUE INDEX ON points_view (user_id);
"""

_GIVE = "INSERT INTO points AS p VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET points = p.points + excluded.points"


class Given(Payload):
    user_id: UUID
    points: int


class OfUser(Payload):
    user_id: UUID


class PointsGiven(DomainEvent[Given], type="points.given", aggregate="user", tables=("points",)): ...


class GivePoints(Command[Given, int], type="points.give"): ...


class GetPoints(Query[OfUser, int], type="points.get"): ...


class ViewPoints(Query[OfUser, int], type="points.view"): ...


class PointsApplication:
    """Buses over one database. `loads` counts the runs of both query handlers."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.commands = CommandBus(database=database)
        self.queries = QueryBus(database, enable_caching=True, **settings)
        self.consistency = EventualConsistencyHandler(self.queries)
        self.loads = 0
        self.commands.handles(GivePoints, policy=anyone)(self._give)
        self.queries.handles(GetPoints, policy=anyone, reads=("points",))(self._get)
        self.queries.handles(ViewPoints, policy=anyone, reads=("points_view",))(self._view)

    async def give(self, user_id: UUID, points: int = 1) -> CommandResult[int]:
        return await self.commands.execute(GivePoints({"user_id": user_id, "points": points}, user_id))

    async def get(self, user_id: UUID, **settings: Any) -> int:
        return (await self.queries.execute(GetPoints({"user_id": user_id}, user_id), **settings)).unwrap()

    async def view(self, user_id: UUID, **settings: Any) -> int:
        return (await self.queries.execute(ViewPoints({"user_id": user_id}, user_id), **settings)).unwrap()

    async def settled(self) -> None:
        """Until the cache has followed the log to where it ends now: what is loaded then is not dropped for it again."""
        head = await log_head(self.database)

        async def followed() -> bool:
            position = self.queries.cache_statistics().position
            return position is not None and position >= head

        await until(followed)

    async def _give(self, command: GivePoints) -> CommandResult[int]:
        user_id = command.payload.user_id
        await self.database.execute(_GIVE, user_id, command.payload.points)
        now: int = await self.database.fetch_value("SELECT points FROM points WHERE user_id = $1", user_id)
        return CommandResult(True, now, None, [PointsGiven(aggregate_id=user_id, payload=command.payload)])

    async def _get(self, query: GetPoints) -> int:
        return await self._points("points", query.payload.user_id)

    async def _view(self, query: ViewPoints) -> int:
        return await self._points("points_view", query.payload.user_id)

    async def _points(self, relation: str, user_id: UUID) -> int:
        self.loads += 1
        found: int | None = await self.database.fetch_value(f"SELECT points FROM {relation} WHERE user_id = $1", user_id)
        return found or 0
