"""POST /commands/{type}: a command comes in, its outcome goes out."""

from __future__ import annotations

from typing import Any, Final

from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.errors import UnknownCommandError
from clone_cqrs.http.exchange import JSON, Exchange
from clone_cqrs.http.incoming import message_of
from clone_cqrs.http.service import HttpService, refuse
from clone_cqrs.messages import Command, CommandResult
from clone_cqrs.messages.moments import wire_moment

TOKEN_HEADER: Final = b"consistency-token"


class CommandEndpoint:
    """Executes the command that the address names, as the bearer of the token."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self._commands = service.application.commands
        self._registrations: dict[str, Registration[Any]] = {each.type_name: each for each in self._commands.registrations}

    async def __call__(self, exchange: Exchange) -> None:
        settings = self._service.settings
        bearer = self._service.bearer_of(exchange)
        name: str = exchange.scope["path_params"]["message_type"]
        registration = self._registrations.get(name)
        if registration is None:
            raise UnknownCommandError("no handler for this type of command", message_type=name)
        command: Command[Any, Any] = message_of(
            await exchange.body(settings.max_body_bytes, settings.body_timeout),
            registration.message_class,  # type: ignore[arg-type]
            actor=bearer.user_id,
            key=exchange.header(b"idempotency-key"),
        )
        try:
            result = await self._commands.execute(command, roles=bearer.roles, timeout=settings.request_timeout)
            result.unwrap()
        except Exception as error:
            # Who brought no id has to be told it: the same id is how one tries again.
            await refuse(exchange, error, commandId=str(command.command_id))
            return
        headers = JSON if result.token is None else (*JSON, (TOKEN_HEADER, result.token.encode()))
        await exchange.answer(200, _written(registration, command, result), headers)


def _written(registration: Registration[Any], command: Command[Any, Any], result: CommandResult[Any]) -> bytes:
    """CommandAnswer (see answers.py) as JSON. By hand, because only the data needs pydantic."""
    data = registration.result.serializer.to_json(result.data, by_alias=True, warnings="none")
    token = "null" if result.token is None else f'"{result.token}"'
    replayed = "true" if result.replayed else "false"
    rest = f',"timestamp":"{wire_moment(result.timestamp)}","token":{token},"replayed":{replayed}}}\n'
    return b'{"success":true,"commandId":"%b","data":%b%b' % (str(command.command_id).encode(), data, rest.encode())
