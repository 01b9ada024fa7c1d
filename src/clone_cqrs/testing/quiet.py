"""Waiting until all is quiet: every subscription at the head of the log, nothing being tried again, no refresh pending."""

from __future__ import annotations

import asyncio

from clone_cqrs.bootstrap import Application
from clone_cqrs.errors import StaleReadError
from clone_cqrs.events.reading import log_head
from clone_cqrs.events.subscriptions.states import subscription_states
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.postgres import Database

_LOOK_EVERY_S = 0.02


async def until_quiet(of: Application | Database, timeout: float = 10.0) -> None:
    """Wait until nothing is left to do, neither for what was written nor for what handlers wrote because of it.

    Every named subscription counts, whichever process works on it. Dead letters wait for a person, and count as quiet.
    Raises: StaleReadError after `timeout` seconds, which says what is not quiet.
    """
    database = of.database if isinstance(of, Application) else of
    # Looked at once in any case, so that there is something to say.
    busy = await _busy(database, await log_head(database))
    quiet_at = -1
    try:
        async with asyncio.timeout(timeout):
            while quiet_at != (head := await log_head(database)):
                while busy := await _busy(database, head):
                    await Wakeups.of(database).wait_for_progress(_LOOK_EVERY_S)
                if isinstance(of, Application):
                    busy = ["views are being refreshed"]
                    await of.drain()
                quiet_at = head
    except TimeoutError:
        raise StaleReadError(f"not quiet after {timeout:g} s: {'; '.join(busy) or 'the log goes on'}") from None


async def _busy(database: Database, head: int) -> list[str]:
    return [
        f"{state.name}/{state.partition} is at {state.checkpoint} of {head}" + (f" ({state.why})" if state.why else "")
        for state in await subscription_states(database)
        if state.checkpoint < head or state.retrying
    ]
