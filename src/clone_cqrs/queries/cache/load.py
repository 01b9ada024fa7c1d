"""One load, shared by all who ask for its key while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

from clone_cqrs.messages import QueryResult
from clone_cqrs.queries.cache.immutable import is_immutable


class Load:
    """A handler's run in a task of its own, so that it outlives the caller who began it, while any other waits.

    abandoned: called when the last waiter has gone before the end; the task is cancelled then.
    """

    __slots__ = ("_abandoned", "_run", "_taken", "_task", "_waiting", "shareable")

    def __init__(
        self,
        run: Callable[[], Awaitable[QueryResult[Any]]],
        loaded: Callable[[QueryResult[Any], bool], None],
        abandoned: Callable[[], None],
    ) -> None:
        self._run = run
        self._abandoned = abandoned
        self._waiting = 0
        self._taken = False
        self.shareable = True
        self._task = asyncio.create_task(self._load(loaded))
        # Waiters who have all gone ask nobody for the error.
        self._task.add_done_callback(_seen)

    async def wait(self, timeout: float | None) -> QueryResult[Any] | None:
        """The answer, for one caller; None after `timeout` seconds. Raises: what the handler raised."""
        self._waiting += 1
        try:
            done, _ = await asyncio.wait((self._task,), timeout=timeout)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._abandoned()
                self._task.cancel()
        if not done:
            return None
        return await self._for_one_caller(self._task.result())

    async def _load(self, loaded: Callable[[QueryResult[Any], bool], None]) -> QueryResult[Any]:
        try:
            result = await self._run()
        except BaseException:
            self._abandoned()
            raise
        self.shareable = is_immutable(result.data)
        loaded(result, self.shareable)
        return result

    async def _for_one_caller(self, result: QueryResult[Any]) -> QueryResult[Any]:
        if self.shareable or result.data is None:
            return result
        try:
            return QueryResult(result.success, deepcopy(result.data), result.error, result.from_cache, result.timestamp)
        except Exception:
            # What cannot be copied is for one caller alone; each of the others loads its own.
            if self._taken:
                return await self._run()
            self._taken = True
            return result


def _seen(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
