"""Waiting for a handler, for so long: asyncio.timeout, but for handlers that do not wait it sets no clock.

A clock for each event is a fifth of what catching up costs, and a handler can be late only where it waits.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Generator
from typing import Any


async def in_time(work: Awaitable[object], limit_s: float) -> None:
    """Run `work` in this task. Raises: what it raises; TimeoutError where it waits for longer than `limit_s` seconds."""
    try:
        steps: Generator[Any, Any, object] = work.__await__()
    except AttributeError:
        raise TypeError(f"a handler has to be an async function, this one returned {type(work).__name__}") from None
    try:
        awaited = next(steps)
    except StopIteration:
        return
    async with asyncio.timeout(limit_s):
        await _rest(steps, awaited)


@types.coroutine
def _rest(steps: Generator[Any, Any, object], awaited: Any) -> Generator[Any, Any, None]:
    """The rest of work that has begun, and waits for what it said last."""
    while True:
        try:
            yield awaited
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as error:
            try:
                awaited = steps.throw(error)
            except StopIteration:
                return
        else:
            break
    yield from steps
