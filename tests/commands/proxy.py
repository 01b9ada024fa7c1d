"""A TCP proxy in front of PostgreSQL that sees each COMMIT pass, and can lose it, its answer, or everything."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_COMMIT = b"COMMIT\x00"
_NEGOTIATION = frozenset({80877103, 80877104})  # SSLRequest, GSSENCRequest: answered with one byte, then asked again


class Proxy:
    """`async with Proxy(dsn) as proxy`: connect to `proxy.dsn`. `next_commit`: what to do at the next COMMIT, once.

    messages: how many clients have sent; the connection that sends number `cut_at` is cut off instead, once.
    """

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self.links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open_gate = asyncio.Event()
        self._open_gate.set()
        self.next_commit: Callable[[Link], Awaitable[None]] | None = None
        self.commits = 0
        self.messages = 0
        self.cut_at: int | None = None
        self._lost: set[Link] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = f"{self._target.username}@" if self._target.username else ""
        self.dsn = urlunsplit(self._target._replace(netloc=f"{user}127.0.0.1:{port}")) + "?sslmode=disable"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for link in self.links | self._lost:
            link.drop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def swallow_everything(self) -> None:
        """From now on nothing passes, in either direction, and no connection is closed: a network that went away."""
        self._open_gate.clear()

    def let_new_ones_through(self) -> None:
        """The network is back; the connections that were swallowed will never be heard of again."""
        self._lost |= self.links
        self.links = set()
        self._open_gate = asyncio.Event()
        self._open_gate.set()

    def refuse_everything(self) -> None:
        """From now on new connections are refused; those there are stay."""
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            upstream = await asyncio.open_connection(self._target.hostname, self._target.port)
        except OSError:
            writer.close()
            self._tasks.discard(task)
            return
        link = Link((reader, writer), upstream)
        self.links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(link, link.from_client))
                group.create_task(self._pump(link, link.from_server))
        except* (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The end of a connection, or of the proxy.
        finally:
            link.drop()
            self.links.discard(link)
            self._tasks.discard(task)

    async def _pump(self, link: Link, pump: Callable[[Proxy], Awaitable[None]]) -> None:
        try:
            await pump(self)
        finally:
            if not link.orphan:
                link.drop()

    async def passage(self) -> None:
        await self._open_gate.wait()


class Link:
    """One connection through the proxy."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._client_reader, self._client_writer = client
        self._server_reader, self._server_writer = server
        self._held: bytearray | None = None
        self._answered = asyncio.Event()
        self._pending = b""
        self.orphan = False

    def drop(self) -> None:
        """Cut both sides: the server rolls back what it has not committed."""
        self._client_writer.close()
        self._server_writer.close()

    def drop_client(self) -> None:
        """Cut the client off; the server's session stays as it is."""
        self.orphan = True
        self._client_writer.close()

    async def forward(self) -> None:
        """Pass the COMMIT on to the server. Its answer is held until the step ends."""
        pending, self._pending = self._pending, b""
        self._server_writer.write(pending)
        await self._server_writer.drain()

    async def answered(self) -> None:
        """Wait for the server's answer to the COMMIT."""
        await self._answered.wait()

    async def from_client(self, proxy: Proxy) -> None:
        started = False
        while True:
            if started:
                head = await self._client_reader.readexactly(5)
                (length,) = struct.unpack("!I", head[1:])
            else:
                head = await self._client_reader.readexactly(4)
                (length,) = struct.unpack("!I", head)
            body = await self._client_reader.readexactly(length - 4)
            await proxy.passage()
            proxy.messages += 1
            if proxy.messages == proxy.cut_at:
                self.drop()
                return
            if not started:
                started = struct.unpack("!I", body[:4])[0] not in _NEGOTIATION
            elif head[:1] == b"Q" and body == _COMMIT:
                proxy.commits += 1
                if proxy.next_commit is not None:
                    step, proxy.next_commit = proxy.next_commit, None
                    await self._intercept(head + body, step)
                    continue
            self._server_writer.write(head + body)
            await self._server_writer.drain()

    async def from_server(self, proxy: Proxy) -> None:
        while data := await self._server_reader.read(65536):
            await proxy.passage()
            if self._held is not None:
                self._held += data
                self._answered.set()
            elif not self._client_writer.is_closing():
                self._client_writer.write(data)
                await self._client_writer.drain()

    async def _intercept(self, commit: bytes, step: Callable[[Link], Awaitable[None]]) -> None:
        self._pending, self._held = commit, bytearray()
        self._answered.clear()
        await step(self)
        await self.forward()
        held, self._held = self._held, None
        if held and not self._client_writer.is_closing():
            self._client_writer.write(bytes(held))
            await self._client_writer.drain()


async def lose_commit(link: Link) -> None:
    """The connection is lost before COMMIT reaches the server."""
    link.drop()


async def lose_answer(link: Link) -> None:
    """The connection is lost after the server has committed, before it can say so."""
    await link.forward()
    await link.answered()
    link.drop()
