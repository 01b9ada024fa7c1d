"""A way past the router for the addresses that nearly all requests go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_POST: Final = "POST"


class Shortcut:
    """Middleware that hands POST /commands/{type} and POST /queries/{type} to their endpoints, and all else on.

    What lies between it and them costs as much as half of what they do: looking through routes, exit stacks for dependencies
    that they do not have, handlers for exceptions that they do not raise.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == _POST:
            # Starlette leaves the prefix that an application is mounted under in the path.
            path: str = scope["path"].removeprefix(scope.get("root_path", ""))
            face, _, name = path[1:].partition("/")
            endpoint = self._endpoints.get(face)
            if endpoint is not None and name and "/" not in name:
                scope["path_params"] = {"message_type": name}
                await endpoint(scope, receive, send)
                return
        await self._app(scope, receive, send)
