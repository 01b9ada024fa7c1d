"""Whether this process can serve, and what is in the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from clone_cqrs.bootstrap import Application
from clone_cqrs.errors import CqrsError
from clone_cqrs.events import subscription_states
from clone_cqrs.http.service import HttpService
from clone_cqrs.postgres.migrate import TOOLKIT, newest_revisions
from clone_cqrs.postgres.revisions import revisions_in

_WITHIN_S: Final = 2.0
_KEPT_S: Final = 1.0
"""How long an answer is good for: whoever asks more often does not ask the database."""


class Check(NamedTuple):
    """ok: whether it is no obstacle; detail: for those who run the server; facts: figures."""

    ok: bool
    detail: str
    facts: Any = None


class Readiness:
    """database, migrations and shutting down decide; what subscriptions lag behind is told, and decides from `max_lag` on."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self._application: Application = service.application
        self._found: dict[str, Check] = {}
        self._found_at = float("-inf")
        self._turn = asyncio.Lock()
        self._newest: dict[str, frozenset[str]] | None = None

    async def checks(self) -> dict[str, Check]:
        """All checks by name, at most a second old."""
        async with self._turn:
            if time.monotonic() - self._found_at >= _KEPT_S:
                self._found = {
                    "database": await _checked(self._database),
                    "migrations": await _checked(self._migrations),
                    "subscriptions": await _checked(self._subscriptions),
                }
                self._found_at = time.monotonic()
        stopping = self._service.stopping.is_set()
        return {**self._found, "server": Check(not stopping, "shutting down" if stopping else "serving")}

    async def _database(self) -> Check:
        version = await self._application.database.fetch_value("SHOW server_version")
        return Check(True, f"PostgreSQL {version}")

    async def _migrations(self) -> Check:
        lines = (TOOLKIT, *self._application.migrations)
        if self._newest is None:
            self._newest = await asyncio.to_thread(lambda: {line.schema: newest_revisions(line) for line in lines})
        behind = [
            line.schema
            for line in lines
            if not self._newest[line.schema] <= await revisions_in(self._application.database, line)
        ]
        if behind:
            return Check(False, f"run `clone-cqrs migrate`: not at the newest revision: {', '.join(behind)}")
        return Check(True, "newest")

    async def _subscriptions(self) -> Check:
        states = await subscription_states(self._application.database)
        facts = [
            {"name": each.name, "partition": each.partition, "lagEvents": each.lag_events, "lagS": each.lag_s, "why": each.why}
            for each in states
        ]
        limit = self._service.settings.max_lag
        late = sorted({each.name for each in states if limit is not None and each.lag_s > limit})
        return Check(not late, f"more than {limit:g} s behind: {', '.join(late)}" if late else "followed", facts)


async def _checked(check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await check()
    except TimeoutError:
        return Check(False, f"no answer within {_WITHIN_S:g} s")
    except CqrsError as error:
        return Check(False, str(error))
    except Exception as error:
        return Check(False, type(error).__name__)
