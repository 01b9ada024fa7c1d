"""When views are refreshed: the schedule, with refreshes that the test lets begin, end and fail."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import pairwise

import pytest
from tests.queries.questions import quiet

from clone_cqrs.views import Outcome, Refreshes
from clone_cqrs.views import refreshes as module

DEADLINE_S = 20


class Server:
    """Runs refreshes as long as the test wants."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gates: list[asyncio.Future[None]] = []
        self.gated = False
        self.failing: set[str] = set()
        self.at_once = 0
        self.most_at_once: dict[str, int] = {}
        self._running: dict[str, int] = {}

    async def refresh(self, view: str) -> None:
        self.begun.append(view)
        self._running[view] = self._running.get(view, 0) + 1
        self.at_once = max(self.at_once, sum(self._running.values()))
        self.most_at_once[view] = max(self.most_at_once.get(view, 0), self._running[view])
        try:
            if self.gated:
                gate = asyncio.get_running_loop().create_future()
                self.gates.append(gate)
                await gate
            if view in self.failing:
                raise ConnectionResetError("secret-laden text of a driver")
        finally:
            self._running[view] -= 1

    def let_go(self) -> None:
        self.gates.pop(0).set_result(None)


@asynccontextmanager
async def refreshing(server: Server) -> AsyncIterator[Refreshes]:
    refreshes = Refreshes(server.refresh)
    try:
        yield refreshes
    finally:
        await refreshes.close()


async def begun(server: Server, count: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while len(server.begun) < count:  # noqa: ASYNC110 - the loop's timers are what is waited for
            await asyncio.sleep(0.001)


async def test_a_storm_refreshes_each_view_once() -> None:
    server = Server()
    async with refreshing(server) as refreshes:
        for _ in range(1_000):
            refreshes.ask("profile", 0.01)
            refreshes.ask("statistics", 0.02)
        assert server.begun == []
        assert refreshes.states()["profile"].pending
        await refreshes.drain(DEADLINE_S)
        states = refreshes.states()
    assert server.begun == ["profile", "statistics"]
    assert [(states[view].refreshes, states[view].pending) for view in states] == [(1, False), (1, False)]


async def test_events_during_a_refresh_lead_to_one_more() -> None:
    server = Server()
    server.gated = True
    async with refreshing(server) as refreshes:
        refreshes.ask("profile", 0)
        await begun(server, 1)
        for _ in range(100):
            refreshes.ask("profile", 0)
        state = refreshes.states()["profile"]
        assert (state.running, state.pending) == (True, True)
        server.gated = False
        server.let_go()
        await refreshes.drain(DEADLINE_S)
    assert server.begun == ["profile", "profile"]
    assert server.most_at_once == {"profile": 1}


async def test_the_earliest_of_several_delays_counts() -> None:
    server = Server()
    async with refreshing(server) as refreshes:
        refreshes.ask("profile", 3_600)
        refreshes.ask("profile", 0.01)
        refreshes.ask("profile", 1_800)
        await refreshes.drain(DEADLINE_S)
    assert server.begun == ["profile"]


async def test_begins_at_most_once_in_four_times_what_the_last_refresh_took() -> None:
    loop = asyncio.get_running_loop()
    moments: list[tuple[float, float]] = []

    async def slow(_view: str) -> None:
        began = loop.time()
        await asyncio.sleep(0.05)
        moments.append((began, loop.time() - began))

    refreshes = Refreshes(slow)
    for _ in range(3):
        refreshes.ask("profile", 0)
        await refreshes.drain(DEADLINE_S)
    await refreshes.close()
    for (began, took), (next_began, _) in pairwise(moments):
        assert next_began - began >= 4 * took


async def test_refreshes_two_views_at_a_time_and_no_more() -> None:
    server = Server()
    server.gated = True
    async with refreshing(server) as refreshes:
        for view in "abcd":
            refreshes.ask(view, 0)
        await begun(server, 2)
        await quiet()
        assert len(server.begun) == 2
        waiting = [view for view, state in refreshes.states().items() if not state.running]
        # What is asked for while it waits for its turn is part of that turn.
        for view in waiting:
            assert refreshes.states()[view].pending
            refreshes.ask(view, 0)
        server.gated = False
        server.let_go()
        server.let_go()
        await refreshes.drain(DEADLINE_S)
    assert sorted(server.begun) == ["a", "b", "c", "d"]
    assert server.at_once == 2


async def test_a_failed_refresh_is_reported_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_FIRST_RETRY_S", 0.001)
    server = Server()
    server.failing = {"profile"}
    async with refreshing(server) as refreshes:
        with caplog.at_level(logging.WARNING):
            refreshes.ask("profile", 0)
            await begun(server, 3)
        state = refreshes.states()["profile"]
        assert state.failures >= 2
        assert (state.last_error, state.refreshes, state.last_run) == ("ConnectionResetError", 0, None)
        server.failing.clear()
        await refreshes.drain(DEADLINE_S)
        state = refreshes.states()["profile"]
    assert (state.failures, state.last_error, state.refreshes) == (0, None, 1)
    assert state.duration is not None
    assert state.last_run is not None
    assert "view_refresh_failed" in caplog.text
    assert "view='profile'" in caplog.text
    assert "secret-laden" not in caplog.text


async def test_pauses_grow_and_events_do_not_shorten_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    server = Server()
    server.failing = {"profile"}
    async with refreshing(server) as refreshes:
        upkeep_pauses = []
        real = module._Upkeep._failed

        def noted(self: module._Upkeep, error: Exception) -> float:
            pause = real(self, error)
            upkeep_pauses.append(pause)
            return 0.0 if len(upkeep_pauses) < 12 else pause

        monkeypatch.setattr(module._Upkeep, "_failed", noted)
        refreshes.ask("profile", 0)
        await begun(server, 12)
        await quiet()
        refreshes.ask("profile", 0)
        await quiet()
        assert len(server.begun) == 12
    assert upkeep_pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


async def test_drain_says_what_is_left_at_its_timeout() -> None:
    server = Server()
    async with refreshing(server) as refreshes:
        refreshes.ask("profile", 3_600)
        with pytest.raises(TimeoutError, match="profile"):
            await refreshes.drain(0.01)


async def test_drain_ends_at_once_when_nothing_was_asked_for() -> None:
    async with refreshing(Server()) as refreshes:
        await refreshes.drain()


async def test_a_view_that_waits_is_looked_at_again_unasked_and_drain_does_not_wait_for_that() -> None:
    seen: list[str] = []

    async def look(view: str) -> Outcome:
        seen.append(view)
        return Outcome(False, "rests", 0.05) if len(seen) < 3 else Outcome(True)

    refreshes = Refreshes(look)
    refreshes.ask("profile", 0)
    await refreshes.drain(DEADLINE_S)
    state = refreshes.states()["profile"]
    assert (seen, state.refreshes, state.waits_for, state.pending) == (["profile"], 0, "rests", False)
    async with asyncio.timeout(DEADLINE_S):
        while not refreshes.states()["profile"].refreshes:  # noqa: ASYNC110 - the loop's timers are what is waited for
            await asyncio.sleep(0.001)
    assert len(seen) == 3
    assert refreshes.states()["profile"].waits_for is None
    await refreshes.close()


async def test_who_asks_meanwhile_is_looked_at_once() -> None:
    seen: list[str] = []

    async def look(view: str) -> Outcome:
        seen.append(view)
        return Outcome(False, "rests", 3_600)

    refreshes = Refreshes(look)
    for count in (1, 2):
        refreshes.ask("profile", 0)
        await refreshes.drain(DEADLINE_S)
        assert len(seen) == count
    await refreshes.close()
    assert len(asyncio.all_tasks()) == 1


async def test_close_cancels_what_runs_drops_what_is_pending_and_lets_go_who_drains() -> None:
    server = Server()
    server.gated = True
    refreshes = Refreshes(server.refresh)
    refreshes.ask("profile", 0)
    refreshes.ask("statistics", 3_600)
    await begun(server, 1)
    draining = asyncio.ensure_future(refreshes.drain())
    await quiet()
    await refreshes.close()
    await asyncio.wait_for(draining, DEADLINE_S)
    assert server.gates[0].cancelled()
    refreshes.ask("profile", 0)
    await refreshes.drain()
    assert server.begun == ["profile"]
    assert len(asyncio.all_tasks()) == 1


def test_leaves_nothing_behind_when_the_loop_ends_first(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    server.gated = True

    async def run() -> None:
        refreshes = Refreshes(server.refresh)
        refreshes.ask("profile", 0)
        refreshes.ask("statistics", 3_600)
        await begun(server, 1)

    asyncio.run(run())
    assert caplog.text == ""


async def test_a_refresh_takes_nothing_along_from_the_command_that_caused_it() -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")
    seen: list[str] = []

    async def look(_view: str) -> None:
        seen.append(user.get())

    refreshes = Refreshes(look)
    token = user.set("ada")
    refreshes.ask("profile", 0)
    user.reset(token)
    user.set("bob")
    refreshes.ask("profile", 0)
    await refreshes.drain(DEADLINE_S)
    await refreshes.close()
    assert seen == ["nobody"]
