"""Finishing what was begun: work that a cancellation of its task does not reach."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any


@types.coroutine
def uninterrupted(work: Coroutine[Any, Any, object]) -> Generator[Any, Any, tuple[Exception | None, bool]]:
    """Run `work` to its end, whatever cancels the task meanwhile.

    Returns the error that it ended with, or None, and whether the task was cancelled: then the caller has to raise that.

    This is asyncio.shield(create_task(work)) in a loop, without the task and its rounds through the event loop: `work` runs in
    this one, which waits, instead of for the future that `work` waits for, for another one that a cancellation may have.
    """
    loop = asyncio.get_running_loop()
    cancelled = False
    try:
        while True:
            awaited: asyncio.Future[Any] | None = work.send(None)
            if awaited is None:  # asyncio.sleep(0)
                awaited = loop.create_future()
                loop.call_soon(awaited.set_result, None)
            # As a task does with what it is given to wait for.
            awaited._asyncio_future_blocking = False
            while not awaited.done():
                gate: asyncio.Future[None] = loop.create_future()
                awaited.add_done_callback(partial(_open, gate))
                try:
                    yield from gate
                except asyncio.CancelledError:
                    cancelled = True
    except StopIteration:
        return None, cancelled
    except Exception as error:
        return error, cancelled
    finally:
        work.close()


def _open(gate: asyncio.Future[None], _done: object) -> None:
    if not gate.done():
        gate.set_result(None)
