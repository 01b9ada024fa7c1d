"""Query: a question; answering it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from clone_cqrs.errors import QueryValidationError
from clone_cqrs.messages.envelope import Envelope, P, R


class Query(Envelope[P, R]):
    """A query with a payload of type P, which is answered with an R.

        class GetUserProfileQuery(Query[UserId, UserProfile], type="user.get_profile"): ...

    query_id: UUIDv7 unless given; query_type: the name that is stored and sent; timestamp: when it was asked, in UTC;
    user_id: the actor, as text; payload: a P; metadata: free facts, read-only.
    Raises: QueryValidationError with all violations when the payload or a field of the envelope does not fit.
    """

    kind = "query"
    validation_error = QueryValidationError

    query_id: UUID
    query_type: str

    def __init__(
        self,
        payload: P | Mapping[str, Any],
        user_id: str | UUID,
        *,
        query_id: UUID | str | None = None,
        timestamp: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._fill(payload, user_id, query_id, timestamp, metadata)
