"""The OpenAPI operations: one for each registered message, made of its types. They describe; `router` answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final, Union

from fastapi import Body, Header, Query, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.http.answers import CommandAnswer, CommandEnvelope, ProblemDocument, QueryAnswer, QueryEnvelope
from clone_cqrs.http.examples import example_of
from clone_cqrs.http.incoming import MAX_KEY_CHARACTERS
from clone_cqrs.http.problems import MEDIA_TYPE
from clone_cqrs.queries.levels import Consistency

BEARER: Final = HTTPBearer(bearerFormat="JWT", scheme_name="bearer", auto_error=False)
PROBLEM_SCHEMA: Final[dict[str, Any]] = ProblemDocument.model_json_schema(mode="serialization")

_EVERYWHERE: Final = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    408: "slow_request",
    413: "too_large",
    422: "validation_failed",
    429: "rate_limited",
    500: "internal_error",
    503: "storage_unavailable or shutting_down",
    504: "timeout",
}
_COMMANDS: Final = {**_EVERYWHERE, 409: "conflict, rule_violated or idempotency_mismatch", 502: "publish_failed"}
_QUERIES: Final = {**_EVERYWHERE, 409: "conflict or rule_violated", 504: "timeout or stale_read"}

_REQUEST_ID: Final = Annotated[
    str | None, Header(alias="X-Request-ID", description="Becomes the correlation id of everything that follows.")
]


def command_operation(registration: Registration[Any]) -> APIRoute:
    """What POST /commands/{type} is for one type."""
    header = Header(
        alias="Idempotency-Key",
        description="Your name for this command, a UUID or any other text: sent twice under it, it has one effect.",
        max_length=MAX_KEY_CHARACTERS,
    )
    parameters = {"idempotency_key": Annotated[str | None, header], "request_id": _REQUEST_ID}
    return _operation(registration, "command", CommandEnvelope, CommandAnswer, parameters, _COMMANDS)


def query_operation(registration: Registration[Any]) -> APIRoute:
    """What POST /queries/{type} is for one type."""
    token = Header(alias="Consistency-Token", description="Of a write that the answer must contain.")
    parameters: dict[str, Any] = {
        "consistency_token": Annotated[str | None, token],
        "consistency": Annotated[Consistency | None, Query(description="How fresh the answer has to be.")],
        "request_id": _REQUEST_ID,
    }
    if "cursor" in registration.message_class.payload_type.model_fields:
        parameters["cursor"] = Annotated[str | None, Query(description="As the payload's; the link to the next page has it.")]
    return _operation(registration, "query", QueryEnvelope, QueryAnswer, parameters, _QUERIES)


def problems(of: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The responses that are problem documents: by status, what their codes are."""
    return {status: {"description": codes, "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}} for status, codes in of.items()}


def _operation(
    registration: Registration[Any],
    kind: str,
    envelope: Any,
    answer: Any,
    parameters: dict[str, Any],
    refusals: dict[int, str],
) -> APIRoute:
    cls, name = registration.message_class, registration.type_name
    payload: type[BaseModel] = cls.payload_type
    example = example_of(payload)
    body = Body(openapi_examples={"payload": {"summary": "The payload alone", "value": example}})
    plural = "commands" if kind == "command" else "queries"
    return APIRoute(
        f"/{plural}/{name}",
        _described({"message": Annotated[Union[payload, envelope[payload]], body], **parameters}),  # noqa: UP007
        methods=["POST"],
        response_model=answer[cls.result_type],
        response_description="Done" if kind == "command" else "The answer",
        responses=problems(refusals),
        tags=[name.partition(".")[0]],
        summary=_spaced(cls.__name__),
        description=inspect.cleandoc(payload.__doc__ or ""),
        name=name,
        operation_id=name.replace(".", "_"),
        dependencies=[Security(BEARER)],
    )


def _described(parameters: dict[str, Any]) -> Callable[..., Any]:
    """A function with these parameters, for FastAPI to read."""

    async def answered_elsewhere() -> None:
        raise AssertionError("described here, answered by the router")

    required = inspect.Parameter.empty
    answered_elsewhere.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=required if i == 0 else None)
            for i, (name, kind) in enumerate(parameters.items())
        ]
    )
    return answered_elsewhere


def _spaced(name: str) -> str:
    """ "Create user" for CreateUserCommand."""
    name = name.removesuffix("Command").removesuffix("Query")
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words[:1].upper() + words[1:]
