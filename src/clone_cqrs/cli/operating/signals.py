"""Ending when told to: SIGTERM and Ctrl-C, the first one gracefully."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def until_told_to_stop() -> AsyncIterator[asyncio.Event]:
    """An event that the first signal sets; the second one cancels the task that is in here."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    told = asyncio.Event()

    def hear() -> None:
        if told.is_set() and task is not None:
            task.cancel()
        told.set()

    before = {each: signal.getsignal(each) for each in _SIGNALS}
    for each in _SIGNALS:
        loop.add_signal_handler(each, hear)
    try:
        yield told
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, before[each])
