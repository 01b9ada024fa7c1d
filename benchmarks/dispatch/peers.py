"""The same call through other packages, where they happen to be installed. No dependency: they are looked for, not asked for.

Both are given their shortest way: no container that builds handlers, no middleware. Neither validates, authorizes, or gives a
handler a caller, so their figures are a floor for what they would cost with it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Send = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True)
class Peer:
    """`send` of a package, the same handler awaited alone, and how one of its requests is made."""

    name: str
    floor: Send
    send: Send
    request: Callable[[], Any]


def installed_peers() -> list[Peer]:
    """Those of the two that can be imported."""
    found = {"mediatr": _mediatr, "cqrs": _python_cqrs}
    return [make() for module, make in found.items() if importlib.util.find_spec(module) is not None]


def _mediatr() -> Peer:
    mediatr = importlib.import_module("mediatr")

    @dataclass
    class Rename:
        name: str

    class RenameHandler:
        async def handle(self, request: Any) -> str:
            return "done"

    RenameHandler.handle.__annotations__["request"] = Rename
    mediatr.Mediator.handler(RenameHandler)
    handler = RenameHandler()
    mediator = mediatr.Mediator(handler_class_manager=lambda _class, _is_behavior=False: handler)
    return Peer(_named("mediatr"), handler.handle, mediator.send_async, lambda: Rename("Ada"))


def _python_cqrs() -> Peer:
    cqrs = importlib.import_module("cqrs")

    class Rename(cqrs.Request):  # type: ignore[misc, name-defined]
        name: str

    class RenameHandler(cqrs.RequestHandler[Rename, str]):  # type: ignore[misc, name-defined]
        async def handle(self, request: Any) -> str:
            return "done"

    handler = RenameHandler()

    class Container:
        async def resolve(self, _type: Any) -> Any:
            return handler

    requests = cqrs.RequestMap()
    requests.bind(Rename, RenameHandler)
    mediator = cqrs.RequestMediator(request_map=requests, container=Container())
    return Peer(_named("python-cqrs"), handler.handle, mediator.send, lambda: Rename(name="Ada"))


def _named(distribution: str) -> str:
    return f"{distribution} {importlib.metadata.version(distribution)}"
