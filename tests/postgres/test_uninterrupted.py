"""Work that is begun is finished, however often its task is cancelled.

Planted bugs, each seen to fail its test: the cancellation passed on to what the work waits for; a second cancellation not
caught; the cancellation not told; an error of the work raised, which loses the cancellation; a bare suspension not understood.
"""

import asyncio

import pytest

from clone_cqrs.postgres.uninterrupted import uninterrupted


class Steps:
    """Work of two steps, each of which waits until it is let go."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.waits = [loop.create_future(), loop.create_future()]
        self.done = 0

    async def work(self) -> None:
        for wait in self.waits:
            await wait
            self.done += 1


async def begun(steps: Steps) -> asyncio.Task[tuple[Exception | None, bool]]:
    async def run() -> tuple[Exception | None, bool]:
        return await uninterrupted(steps.work())

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    return task


async def test_tells_that_nothing_happened() -> None:
    steps = Steps()
    task = await begun(steps)
    for wait in steps.waits:
        wait.set_result(None)
    assert await task == (None, False)
    assert steps.done == 2


async def test_finishes_whatever_cancels_the_task() -> None:
    steps = Steps()
    task = await begun(steps)
    for wait in steps.waits:
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
        wait.set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)
    assert await task == (None, True)
    assert steps.done == 2


async def test_a_cancellation_that_came_before_it_does_not_keep_it_from_beginning() -> None:
    steps = Steps()

    async def run() -> tuple[Exception | None, bool]:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return await uninterrupted(steps.work())

    task = asyncio.create_task(run())
    for wait in steps.waits:
        await asyncio.sleep(0)
        wait.set_result(None)
    assert await task == (None, True)


@pytest.mark.parametrize("cancelled", [True, False])
async def test_tells_of_an_error_and_of_a_cancellation_both(cancelled: bool) -> None:
    steps = Steps()
    task = await begun(steps)
    if cancelled:
        task.cancel()
        await asyncio.sleep(0)
    steps.waits[0].set_exception(ConnectionResetError("gone"))
    error, was_cancelled = await task
    assert isinstance(error, ConnectionResetError)
    assert was_cancelled is cancelled


async def test_work_that_only_lets_others_go_first_is_finished_too() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)

    assert await uninterrupted(work()) == (None, False)


async def test_a_time_limit_around_it_is_seen_after_it() -> None:
    steps = Steps()
    asyncio.get_running_loop().call_later(0.02, steps.waits[0].set_result, None)
    asyncio.get_running_loop().call_later(0.03, steps.waits[1].set_result, None)

    async def run() -> None:
        async with asyncio.timeout(0.001):
            error, cancelled = await uninterrupted(steps.work())
            assert (error, cancelled) == (None, True)
            raise asyncio.CancelledError

    with pytest.raises(TimeoutError):
        await run()
    assert steps.done == 2
