"""When views are refreshed: soon after they are asked for, each by itself, never more often than it can afford."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from clone_cqrs.telemetry import get_logger
from clone_cqrs.views.fresh.worth import REST_FACTOR
from clone_cqrs.views.refresh import Outcome

_AT_ONCE = 2
"""Views that one process refreshes at the same time; each takes a connection, and the server's time."""

_FIRST_RETRY_S = 0.25
_LONGEST_RETRY_S = 60.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ViewState:
    """One view's refreshes so far.

    pending: a refresh is asked for and waits for its time; running; refreshes: how many succeeded; last_run: when the last of
    them ended, UTC; duration: what it took, in seconds; failures: in a row, since then; last_error: of the latest of those;
    waits_for: why it was not refreshed when it was last looked at.
    """

    view: str
    pending: bool = False
    running: bool = False
    refreshes: int = 0
    last_run: datetime | None = None
    duration: float | None = None
    failures: int = 0
    last_error: str | None = None
    waits_for: str | None = None


class Refreshes:
    """Refreshes of views that were asked for, through `refresh(view)`; one at a time for each view.

    Asking for a view that is pending already changes nothing, but to an earlier time; asking while it runs leads to one more
    run, since the one under way may have begun too early. A failed run is tried again, after growing, jittered pauses.
    A run may find that it is too early, and say when to look again; nobody waits for that in `drain`.
    Times are the event loop's. Belongs to the loop in which it is used.
    """

    def __init__(self, refresh: Callable[[str], Awaitable[Outcome | None]]) -> None:
        self._refresh = refresh
        self._views: dict[str, _Upkeep] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._quiet: list[asyncio.Future[None]] = []
        self._closed = False

    def ask(self, view: str, delay: float) -> None:
        """Refresh a view, not before `delay` seconds from now. After `close`: does nothing."""
        if self._closed:
            return
        upkeep = self._views.get(view)
        if upkeep is None:
            upkeep = self._views[view] = _Upkeep(view, self._refresh, self._turns, self._settled)
        upkeep.ask(delay)

    def states(self) -> dict[str, ViewState]:
        """The state of every view that was ever asked for, by name."""
        return {view: upkeep.current() for view, upkeep in self._views.items()}

    async def drain(self, timeout: float | None = None) -> None:
        """Wait until nothing is pending nor running. Raises: TimeoutError after `timeout` seconds; names what is left."""
        if not self._busy():
            return
        quiet = asyncio.get_running_loop().create_future()
        self._quiet.append(quiet)
        try:
            await asyncio.wait_for(quiet, timeout)
        except TimeoutError:
            raise TimeoutError(f"refreshes still pending or running after {timeout:g} s: {', '.join(self._busy())}") from None
        finally:
            if quiet in self._quiet:
                self._quiet.remove(quiet)

    async def close(self) -> None:
        """Drop what is pending and cancel what runs. Whoever drains is let go."""
        self._closed = True
        await asyncio.gather(*(upkeep.stop() for upkeep in self._views.values()))
        self._settled()

    def _busy(self) -> list[str]:
        return [view for view, upkeep in self._views.items() if upkeep.busy]

    def _settled(self) -> None:
        if self._busy():
            return
        for quiet in self._quiet:
            if not quiet.done():
                quiet.set_result(None)


class _Upkeep:
    """The refreshes of one view: a timer while one is pending; a task from then on, which waits for its turn and runs."""

    def __init__(
        self,
        view: str,
        refresh: Callable[[str], Awaitable[Outcome | None]],
        turns: asyncio.Semaphore,
        settled: Callable[[], None],
    ) -> None:
        self._view = view
        self._refresh = refresh
        self._turns = turns
        self._begun = False
        self._settled = settled
        self._timer: asyncio.TimerHandle | None = None
        self._look_again: asyncio.TimerHandle | None = None
        self._asked_while_running: float | None = None
        self._running: asyncio.Task[None] | None = None
        self._earliest = 0.0
        self._state = ViewState(view)

    @property
    def busy(self) -> bool:
        return self._timer is not None or self._running is not None

    def current(self) -> ViewState:
        waits = self._timer is not None or self._asked_while_running is not None
        waits = waits or (self._running is not None and not self._begun)
        return replace(self._state, pending=waits, running=self._begun)

    def ask(self, delay: float) -> None:
        when = asyncio.get_running_loop().time() + delay
        if self._running is None:
            self._set_timer(when)
        elif not self._begun:
            return  # it has yet to look at the tables
        elif self._asked_while_running is None or when < self._asked_while_running:
            self._asked_while_running = when

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._forget_to_look_again()
        self._asked_while_running = None
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))

    def _set_timer(self, when: float) -> None:
        when = max(when, self._earliest)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._start)

    def _forget_to_look_again(self) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._forget_to_look_again()
        # In a context of its own: the event came from a command, whose transaction and caller are none of the refresh's.
        self._running = asyncio.get_running_loop().create_task(self._run(), context=Context())

    def _look(self) -> None:
        self._look_again = None
        if self._timer is None and self._running is None:
            self._start()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        retry_at: float | None = None
        try:
            async with self._turns:
                self._begun, began = True, loop.time()
                outcome = await self._refresh(self._view) or Outcome(True)
                took = loop.time() - began
        except Exception as error:
            retry_at = loop.time() + self._failed(error)
        else:
            self._earliest = began + REST_FACTOR * took
            if outcome.refreshed:
                count = self._state.refreshes + 1
                self._state = ViewState(self._view, refreshes=count, last_run=datetime.now(UTC), duration=took)
            else:
                self._state = replace(self._state, failures=0, last_error=None, waits_for=outcome.waits_for)
            if outcome.again_s is not None:
                self._look_again = loop.call_later(max(outcome.again_s, REST_FACTOR * took), self._look)
        finally:
            self._running, self._begun = None, False
            asked, self._asked_while_running = self._asked_while_running, None
            if retry_at is not None:
                # A failure is not hurried by events: what failed because the server is busy would make it busier.
                self._earliest = retry_at
                asked = retry_at
            if asked is not None:
                self._set_timer(asked)
            self._settled()

    def _failed(self, error: Exception) -> float:
        failures = self._state.failures + 1
        # The type, not the text: a driver's message can repeat data.
        self._state = replace(self._state, failures=failures, last_error=type(error).__name__)
        pause = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** (failures - 1)) * random.uniform(0.5, 1.0)
        _log.warning(
            "view_refresh_failed", view=self._view, failures=failures, error=type(error).__name__, retry_in_s=round(pause, 3)
        )
        return pause
