"""POST /queries/{type}: a question comes in, its answer goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.errors import QueryValidationError, UnknownQueryError
from clone_cqrs.http.commands import TOKEN_HEADER
from clone_cqrs.http.exchange import JSON, Exchange
from clone_cqrs.http.incoming import message_of
from clone_cqrs.http.service import HttpService
from clone_cqrs.messages import Page, Query, QueryResult
from clone_cqrs.messages.moments import wire_moment
from clone_cqrs.queries.levels import Consistency, checked_level

PARAMETERS: Final = ("consistency", "cursor")


class QueryEndpoint:
    """Answers the query that the address names, to the bearer of the token."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self._queries = service.application.queries
        self._registrations: dict[str, Registration[Any]] = {each.type_name: each for each in self._queries.registrations}

    async def __call__(self, exchange: Exchange) -> None:
        settings = self._service.settings
        bearer = self._service.bearer_of(exchange)
        name: str = exchange.scope["path_params"]["message_type"]
        registration = self._registrations.get(name)
        if registration is None:
            raise UnknownQueryError("no handler for this type of query", message_type=name)
        parameters = exchange.parameters()
        query: Query[Any, Any] = message_of(
            await exchange.body(settings.max_body_bytes, settings.body_timeout),
            registration.message_class,  # type: ignore[arg-type]
            actor=bearer.user_id,
            cursor=parameters.get("cursor"),
        )
        at_least = exchange.header(TOKEN_HEADER)
        result = await self._queries.execute(
            query,
            roles=bearer.roles,
            at_least=at_least,
            consistency=_level(parameters) if parameters else None,
            timeout=settings.request_timeout,
        )
        data = result.unwrap()
        headers = JSON if at_least is None else (*JSON, (TOKEN_HEADER, at_least.encode("latin-1")))
        if isinstance(data, Page) and data.next_cursor is not None:
            headers = (*headers, _next_link(parameters, data.next_cursor))
        await exchange.answer(200, _written(registration, result), headers)


def _level(parameters: Mapping[str, str]) -> Consistency | None:
    unknown = [f"{name}: is not a known parameter" for name in parameters if name not in PARAMETERS]
    try:
        level = checked_level(parameters["consistency"]) if "consistency" in parameters else None
    except ValueError:
        unknown.append("consistency: should be one of 'eventual', 'session' or 'strong'")
    if unknown:
        raise QueryValidationError(unknown)
    return level


def _next_link(parameters: Mapping[str, str], cursor: str) -> tuple[bytes, bytes]:
    """Where the page after this one is, for the same body: relative, so that it holds wherever this is mounted."""
    return b"link", f'<?{urlencode({**parameters, "cursor": cursor})}>; rel="next"'.encode()


def _written(registration: Registration[Any], result: QueryResult[Any]) -> bytes:
    """QueryAnswer (see answers.py) as JSON. By hand, because only the data needs pydantic."""
    data = registration.result.serializer.to_json(result.data, by_alias=True, warnings="none")
    cached = "true" if result.from_cache else "false"
    rest = f',"timestamp":"{wire_moment(result.timestamp)}","fromCache":{cached}}}\n'
    return b'{"success":true,"data":%b%b' % (data, rest.encode())
