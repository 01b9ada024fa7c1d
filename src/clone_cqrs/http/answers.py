"""What an answer looks like, for the OpenAPI document. The endpoints write it themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

P = TypeVar("P", bound=BaseModel)
R = TypeVar("R")


class _Described(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class CommandAnswer(_Described, Generic[R]):
    """The outcome of a command. token: contains this write; null where nothing was logged."""

    success: bool = Field(json_schema_extra={"const": True})
    command_id: UUID
    data: R
    timestamp: datetime = Field(description="Of the first execution.")
    token: str | None = Field(description="Contains this write: send it with queries, as Consistency-Token.")
    replayed: bool = Field(description="Whether this is the stored outcome of the same command.")


class QueryAnswer(_Described, Generic[R]):
    """The answer to a query."""

    success: bool = Field(json_schema_extra={"const": True})
    data: R
    timestamp: datetime = Field(description="When the data was loaded.")
    from_cache: bool


class CommandEnvelope(_Described, Generic[P]):
    """A command with its envelope. The actor and the time are the server's to say: userId and timestamp are replaced."""

    payload: P
    command_id: UUID | None = Field(None, description="The same command sent twice has one effect.")
    command_type: str | None = Field(None, description="As in the address.")
    user_id: Any = None
    timestamp: datetime | None = None
    metadata: dict[str, Any] | None = None


class QueryEnvelope(_Described, Generic[P]):
    """A query with its envelope. The actor and the time are the server's to say: userId and timestamp are replaced."""

    payload: P
    query_id: UUID | None = None
    query_type: str | None = Field(None, description="As in the address.")
    user_id: Any = None
    timestamp: datetime | None = None
    metadata: dict[str, Any] | None = None


class ProblemDocument(_Described):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    detail: str = Field(description="For people. Never repeats what was sent.")
    code: str = Field(description="For programs: stable, one for each outcome.")
    retryable: bool = Field(description="Whether the same request can succeed later.")
    violations: list[str] | None = Field(None, description="All that is wrong: `path: what is wrong`.")
    command_id: UUID | None = Field(None, description="Under which to try again.")
