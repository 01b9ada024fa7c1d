"""Middleware: functions around everything a bus does with a message, the first one outermost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

CallNext: TypeAlias = Callable[[Any], Awaitable[Any]]
Middleware: TypeAlias = Callable[[Any, CallNext], Awaitable[Any]]


def wrap(middleware: Sequence[Middleware], innermost: CallNext) -> CallNext:
    """One callable that runs `middleware` in order around `innermost`."""
    chain = innermost
    for layer in reversed(middleware):
        chain = partial(_call, layer, chain)
    return chain


async def _call(layer: Middleware, call_next: CallNext, message: Any) -> Any:
    return await layer(message, call_next)
