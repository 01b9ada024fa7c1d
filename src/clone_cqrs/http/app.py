"""create_app and create_router: an Application as a FastAPI application, or as a part of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clone_cqrs.bootstrap import Application
from clone_cqrs.errors import CqrsError, InternalError, MalformedMessageError
from clone_cqrs.http.announce import announce
from clone_cqrs.http.commands import CommandEndpoint
from clone_cqrs.http.errors import MethodNotAllowedError, UnknownAddressError
from clone_cqrs.http.event_stream.endpoint import EventStreamEndpoint
from clone_cqrs.http.exchange import SECURITY_HEADERS
from clone_cqrs.http.health import health_routes
from clone_cqrs.http.operations import PROBLEM_SCHEMA, command_operation, query_operation
from clone_cqrs.http.problems import MEDIA_TYPE, problem_of
from clone_cqrs.http.queries import QueryEndpoint
from clone_cqrs.http.service import Endpoint, HttpService
from clone_cqrs.http.settings import HttpSettings
from clone_cqrs.http.shortcut import Shortcut

_READABLE: Final = ("Consistency-Token", "Link", "Retry-After", "X-Request-ID")
_SENDABLE: Final = (
    "Authorization",
    "Consistency-Token",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "Traceparent",
    "X-Request-ID",
)


def create_router(application: Application, settings: HttpSettings | None = None) -> APIRouter:
    """The addresses of an application, for a FastAPI application of your own: `app.include_router(create_router(clone))`.

    The application has to be open while requests come: enter it in your lifespan. Authentication, limits and problem documents
    hold for these addresses alone. settings: from the environment by default.
    """
    router = APIRouter()
    service = HttpService(application, settings or HttpSettings.from_environment())
    router.routes.extend(_routes(service, _message_endpoints(service)))
    return router


def create_app(application: Application, settings: HttpSettings | None = None, *, opens: bool = True) -> FastAPI:
    """A FastAPI application that serves `application`, and opens and closes it with its own lifespan.

    opens: False where the caller opens it. settings: from the environment by default.
    """
    return app_of(HttpService(application, settings or HttpSettings.from_environment()), opens=opens)


def app_of(service: HttpService, *, opens: bool) -> FastAPI:
    """As create_app, of a service that the caller keeps."""
    settings = service.settings

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if not opens:
            yield
            return
        async with service.application:
            announce(settings)
            yield

    documented: dict[str, Any] = {} if settings.documentation else {"openapi_url": None, "docs_url": None, "redoc_url": None}
    app = FastAPI(title="clone-cqrs", version="1", description="Commands in, fresh views out.", lifespan=lifespan, **documented)
    endpoints = _message_endpoints(service)
    app.router.routes.extend(_routes(service, endpoints))
    app.add_middleware(Shortcut, endpoints=endpoints)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_bug)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=_SENDABLE,
            expose_headers=_READABLE,
        )
    _share_problem_schema(app)
    return app


def _message_endpoints(service: HttpService) -> dict[str, Endpoint]:
    """By the first part of their address."""
    return {
        "commands": Endpoint(service, CommandEndpoint(service)),
        "queries": Endpoint(service, QueryEndpoint(service)),
    }


def _routes(service: HttpService, endpoints: Mapping[str, Endpoint]) -> list[BaseRoute]:
    # One address for all types: a list of one route each would be searched from its beginning for every request. Those that
    # follow are found by nobody but the OpenAPI document.
    return [
        *(Route(f"/{face}/{{message_type}}", endpoint, methods=["POST"]) for face, endpoint in endpoints.items()),
        Route("/events", Endpoint(service, EventStreamEndpoint(service), counted=False), methods=["GET"]),
        *health_routes(service),
        *(command_operation(each) for each in service.application.commands.registrations),
        *(query_operation(each) for each in service.application.queries.registrations),
    ]


def _share_problem_schema(app: FastAPI) -> None:
    """One Problem in the OpenAPI document, to which every answer refers."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            document["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
            for path in document["paths"].values():
                for operation in path.values():
                    for answer in operation["responses"].values():
                        if MEDIA_TYPE in answer.get("content", {}):
                            answer["content"][MEDIA_TYPE] = {"schema": {"$ref": "#/components/schemas/Problem"}}
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            return _response(UnknownAddressError("nothing is at this address"))
        case 405:
            return _response(MethodNotAllowedError("this address takes another method"), error.headers)
        case _:
            return _response(MalformedMessageError("the request cannot be understood"), error.headers)


async def _on_invalid(_request: Request, _error: Exception) -> Response:
    return _response(MalformedMessageError("the request cannot be understood"))


async def _on_bug(_request: Request, _error: Exception) -> Response:
    return _response(InternalError())


def _response(error: CqrsError, more: Any = None) -> Response:
    problem = problem_of(error)
    response = Response(problem.body, problem.status, more)
    response.raw_headers.extend([*problem.headers, *SECURITY_HEADERS])
    return response
