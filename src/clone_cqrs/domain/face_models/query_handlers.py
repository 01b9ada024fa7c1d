"""Handlers of queries on face models."""

from __future__ import annotations

from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.face_models.queries import FaceModel, GetFaceModelQuery, ListFaceModelsQuery
from clone_cqrs.domain.paging import page_of, place_of
from clone_cqrs.domain.readings import ViewStatement
from clone_cqrs.domain.refusals import not_found
from clone_cqrs.domain.rows import row_as
from clone_cqrs.domain.users.existence import require_user
from clone_cqrs.messages import Page, QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.queries import BaseQueryHandler

_PACKAGE = "clone_cqrs.domain.face_models"
_GET_FACE_MODEL = ViewStatement(_PACKAGE, "get_face_model")
_LIST_FACE_MODELS = ViewStatement(_PACKAGE, "list_face_models")


class GetFaceModelQueryHandler(BaseQueryHandler[GetFaceModelQuery, FaceModel]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("face_model_summary_view",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetFaceModelQuery) -> QueryResult[FaceModel]:
        asked = query.payload
        row = await self._database.fetch_one(_GET_FACE_MODEL.text, asked.user_id, asked.face_model_id)
        return self.error(not_found("face model")) if row is None else self.success(row_as(FaceModel, row))


class ListFaceModelsQueryHandler(BaseQueryHandler[ListFaceModelsQuery, Page[FaceModel]]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("face_model_summary_view", "users")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: ListFaceModelsQuery) -> QueryResult[Page[FaceModel]]:
        asked = query.payload
        rows = await self._database.fetch(_LIST_FACE_MODELS.text, asked.user_id, *place_of(query), asked.page_size + 1)
        if not rows:
            await require_user(self._database, asked.user_id)
        return self.success(page_of(query, rows, FaceModel, "created_at"))
