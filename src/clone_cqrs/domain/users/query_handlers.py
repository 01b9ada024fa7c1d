"""Handlers of queries on users."""

from __future__ import annotations

from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.readings import ViewStatement
from clone_cqrs.domain.rows import row_as
from clone_cqrs.domain.users.existence import no_such_user
from clone_cqrs.domain.users.queries import (
    ActiveFaceModel,
    ActiveVoiceModel,
    GetUserProfileQuery,
    GetUserQuery,
    GetUserStatisticsQuery,
    User,
    UserProfile,
    UserStatistics,
)
from clone_cqrs.messages import QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.queries import BaseQueryHandler

_PACKAGE = "clone_cqrs.domain.users"
_GET_USER = statement(_PACKAGE, "get_user")
_GET_USER_PROFILE = ViewStatement(_PACKAGE, "get_user_profile")
_GET_USER_STATISTICS = ViewStatement(_PACKAGE, "get_user_statistics")


class GetUserQueryHandler(BaseQueryHandler[GetUserQuery, User]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("users",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetUserQuery) -> QueryResult[User]:
        row = await self._database.fetch_one(_GET_USER, query.payload.user_id)
        return self.error(no_such_user()) if row is None else self.success(row_as(User, row))


class GetUserProfileQueryHandler(BaseQueryHandler[GetUserProfileQuery, UserProfile]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("user_profile_view",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetUserProfileQuery) -> QueryResult[UserProfile]:
        row = await self._database.fetch_one(_GET_USER_PROFILE.text, query.payload.user_id)
        if row is None:
            return self.error(no_such_user())
        voice, face = row["active_voice_model"], row["active_face_model"]
        profile = row_as(
            UserProfile,
            row,
            active_voice_model=None if voice is None else ActiveVoiceModel.model_validate_json(voice),
            active_face_model=None if face is None else ActiveFaceModel.model_validate_json(face),
        )
        return self.success(profile)


class GetUserStatisticsQueryHandler(BaseQueryHandler[GetUserStatisticsQuery, UserStatistics]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("user_statistics_view",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetUserStatisticsQuery) -> QueryResult[UserStatistics]:
        row = await self._database.fetch_one(_GET_USER_STATISTICS.text, query.payload.user_id)
        return self.error(no_such_user()) if row is None else self.success(row_as(UserStatistics, row))
