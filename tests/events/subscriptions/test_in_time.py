"""Waiting for a handler without a clock where it does not wait: all else is as with asyncio.timeout.

Planted bugs, each seen to fail its test: no clock for work that waits (hangs); an error thrown past the work; the first
thing that is waited for forgotten.
"""

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from clone_cqrs.events.subscriptions.in_time import in_time

LONG_S, SHORT_S = 20.0, 0.02


async def test_work_that_does_not_wait_is_done_at_once() -> None:
    done = []

    async def work() -> None:
        done.append(asyncio.current_task())

    await in_time(work(), LONG_S)
    assert done == [asyncio.current_task()]


async def test_work_that_waits_many_times_is_done_to_its_end() -> None:
    steps: list[object] = []

    async def work() -> None:
        for number in range(3):
            await asyncio.sleep(0)
            await asyncio.sleep(0.001)
            steps.append(number)
        steps.append(await asyncio.gather(asyncio.sleep(0, "a"), asyncio.sleep(0, "b")))

    await in_time(work(), LONG_S)
    assert steps == [0, 1, 2, ["a", "b"]]


@pytest.mark.parametrize("pause_s", [None, 0.0, 0.001])
async def test_what_the_work_raises_is_raised(pause_s: float | None) -> None:
    async def work() -> None:
        if pause_s is not None:
            await asyncio.sleep(pause_s)
        raise LookupError("own")

    with pytest.raises(LookupError, match="own"):
        await in_time(work(), LONG_S)


@pytest.mark.parametrize("waits_before", [0, 1])
async def test_work_that_hangs_is_cancelled_and_cleans_up(waits_before: int) -> None:
    cleaned = []

    async def work() -> None:
        for _ in range(waits_before):
            await asyncio.sleep(0)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    with pytest.raises(TimeoutError):
        await in_time(work(), SHORT_S)
    assert cleaned == ["up"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_the_work_makes_of_an_error_counts() -> None:
    async def work() -> None:
        failing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(failing.set_exception, LookupError())
        try:
            await failing
        except LookupError:
            await asyncio.sleep(0)
        try:
            async with asyncio.timeout(SHORT_S):
                await asyncio.Event().wait()
        except TimeoutError:
            return

    await in_time(work(), LONG_S)


async def test_a_cancelled_task_cancels_the_work() -> None:
    reached = asyncio.Event()

    async def work() -> None:
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(in_time(work(), LONG_S))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_takes_whatever_can_be_awaited_and_nothing_else() -> None:
    class Twice:
        def __await__(self) -> Generator[Any, None, None]:
            yield from asyncio.sleep(0).__await__()
            yield from asyncio.sleep(0).__await__()

    await in_time(Twice(), LONG_S)
    await in_time(asyncio.ensure_future(asyncio.sleep(0.001)), LONG_S)
    with pytest.raises(TypeError, match="async function, this one returned int"):
        await in_time(1, LONG_S)  # type: ignore[arg-type]
