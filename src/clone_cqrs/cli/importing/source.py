"""The bytes of a file or of stdin, in chunks, without standing in the way of Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Self

from clone_cqrs.cli.faults import UsageFaultError

STDIN = "-"
_CHUNK_BYTES = 64 * 1024


class Source:
    """An open file, or stdin for "-". size_bytes: None where nobody knows (a pipe); consumed_bytes: read so far.

    Raises, when made: UsageFaultError.
    """

    def __init__(self, path: str) -> None:
        self.name = "stdin" if path == STDIN else path
        try:
            self._descriptor = 0 if path == STDIN else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self.status = os.fstat(self._descriptor)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise self._unreadable(error) from error
        if stat.S_ISDIR(self.status.st_mode):
            os.close(self._descriptor)
            raise UsageFaultError(f"cannot read {self.name}: it is a directory")
        self._regular = stat.S_ISREG(self.status.st_mode)
        self.size_bytes = self.status.st_size if self._regular else None
        self.consumed_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        # A thread may still be waiting for the other end of a pipe: that descriptor is left to the end of the process.
        if self._regular and self._descriptor != 0:
            os.close(self._descriptor)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes from here on. Raises: UsageFaultError where they cannot be read."""
        while True:
            try:
                chunk = self._read() if self._regular else await _read_aside(self._read)
            except OSError as error:
                raise self._unreadable(error) from error
            if not chunk:
                return
            self.consumed_bytes += len(chunk)
            yield chunk

    def _read(self) -> bytes:
        return os.read(self._descriptor, _CHUNK_BYTES)

    def _unreadable(self, error: OSError | ValueError) -> UsageFaultError:
        return UsageFaultError(f"cannot read {self.name}: {getattr(error, 'strerror', None) or 'no such name'}")


async def _read_aside(read: Callable[[], bytes]) -> bytes:
    """`read()` in a daemon thread: the loop's own threads are waited for at the end, and a pipe may never say another word."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()

    def settle(chunk: bytes, error: OSError | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(chunk)
        else:
            done.set_exception(error)

    def work() -> None:
        chunk, failed = b"", None
        try:
            chunk = read()
        except OSError as error:
            failed = error
        with suppress(RuntimeError):  # the loop is closed: nobody wants it any more
            loop.call_soon_threadsafe(settle, chunk, failed)

    threading.Thread(target=work, daemon=True, name="clone-cqrs-source").start()
    return await done
