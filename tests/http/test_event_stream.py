"""GET /events: what who sees, in which order, from where on, and that a reader who is slow costs nothing.

Planted bugs, each seen to fail its test: no look at the owner; the position of the newest event taken for a resumed reader's;
personal data as it is in the log.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn
from tests.http.caller import ADMIN, SETTINGS, SYSTEM, Caller, bearer, codes

from clone_cqrs.bootstrap import Application
from clone_cqrs.http import create_app, issue_token
from clone_cqrs.http.event_stream import newest
from clone_cqrs.http.serving import listening as listening_on

DEADLINE_S = 30.0
MASK = "*" * 10
DOCUMENT = {"filename": "notes.pdf", "contentType": "application/pdf", "storagePath": "notes.pdf", "sizeBytes": 1}


@pytest.fixture
async def address(clone: Application) -> AsyncIterator[str]:
    """The clone on a socket, served by this process."""
    listener = listening_on("127.0.0.1", 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that a slow reader is felt soon
    app = create_app(clone, replace(SETTINGS, heartbeat=0.2), opens=False)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield "http://{}:{}".format(*listener.getsockname())
    server.should_exit = True
    await serving


@pytest.fixture
async def http(address: str) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=address, timeout=DEADLINE_S) as client:
        yield Caller(client)


class Stream:
    """What comes over one connection."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def event(self) -> tuple[str, str, dict[str, Any]]:
        """Id, type and data of the next event."""
        async with asyncio.timeout(DEADLINE_S):
            while "data" not in (fields := await self.block()):
                pass
        return fields["id"], fields["event"], json.loads(fields["data"])

    async def events(self, many: int) -> list[str]:
        """The types of the next ones."""
        return [(await self.event())[1] for _ in range(many)]

    async def block(self) -> dict[str, str]:
        """The fields up to the next empty line."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        raise AssertionError("the stream ended")


@asynccontextmanager
async def listening(http: Caller, headers: dict[str, str], address: str = "/events") -> AsyncIterator[Stream]:
    async with http.client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = Stream(answer.aiter_lines())
        await stream.block()  # the first heartbeat: from here on nothing is missed
        yield stream


async def test_a_user_hears_of_what_is_theirs_and_an_admin_of_everything(http: Caller) -> None:
    ada, bob = await http.user(), await http.user()
    async with listening(http, ADMIN) as to_admin, listening(http, bearer(ada)) as to_ada, listening(http, SYSTEM) as to_system:
        await http.command("user.update", {"userId": bob, "name": "Bob"}, bearer(bob))
        renamed = await http.command("user.update", {"userId": ada, "name": "Augusta"}, bearer(ada))
        _, _, first = await to_admin.event()
        assert first["payload"]["userId"] == bob
        for stream in (to_admin, to_ada):
            position, event_type, event = await stream.event()
            assert (event_type, position, event["position"]) == ("user.updated", str(event["position"]), event["position"])
            assert event["payload"] == {"userId": ada, "name": MASK, "personalityTraits": MASK, "speakingStyle": MASK}
            assert event["metadata"]["causationId"] == renamed.json()["commandId"]
            assert event["metadata"]["correlationId"] == renamed.headers["x-request-id"]
        assert "data" not in await to_system.block()


async def test_goes_on_after_the_last_event_that_was_seen(http: Caller) -> None:
    ada = await http.user()
    async with listening(http, ADMIN) as stream:
        await http.command("user.update", {"userId": ada, "name": "One"}, bearer(ada))
        seen, _, _ = await stream.event()
    # Hung up; meanwhile the world goes on.
    for number in range(3):
        await http.command("user.update", {"userId": ada, "name": f"{number}"}, bearer(ada))
    async with listening(http, {**ADMIN, "Last-Event-ID": seen}) as stream:
        positions = [int((await stream.event())[0]) for _ in range(3)]
        assert positions == [int(seen) + 1, int(seen) + 2, int(seen) + 3]
        latest = await http.command("user.update", {"userId": ada, "name": "Live"}, bearer(ada))
        assert int((await stream.event())[0]) == positions[-1] + 1
    async with listening(http, {**ADMIN, "Last-Event-ID": "0"}) as stream:
        assert await stream.events(6) == ["user.created"] + ["user.updated"] * 5
    async with listening(http, {**bearer(ada), "Last-Event-ID": latest.headers["consistency-token"]}) as stream:
        await http.command("user.update", {"userId": ada, "name": "After"}, bearer(ada))
        assert int((await stream.event())[0]) == positions[-1] + 2


async def test_a_heartbeat_says_how_far_the_log_was_read(http: Caller) -> None:
    ada, bob = await http.user(), await http.user()
    async with listening(http, bearer(ada)) as stream:
        renamed = await http.command("user.update", {"userId": bob, "name": "Bob"}, bearer(bob))
        async with listening(http, {**ADMIN, "Last-Event-ID": "0"}) as all_of_it:
            position = [(await all_of_it.event())[0] for _ in range(3)][-1]
        assert renamed.status_code == 200
        async with asyncio.timeout(DEADLINE_S):
            while (fields := await stream.block()).get("id") != position:
                assert "data" not in fields


async def test_only_the_types_that_are_asked_for(http: Caller) -> None:
    async with listening(http, ADMIN, "/events?types=user.updated,user.deleted") as stream:
        ada = await http.user()
        await http.command("user.update", {"userId": ada, "name": "Augusta"}, bearer(ada))
        assert await stream.events(1) == ["user.updated"]


async def test_refuses_who_is_nobody_and_a_position_that_is_none(http: Caller) -> None:
    answers = [
        await http.client.get("/events"),
        *[
            await http.client.get("/events", headers={**ADMIN, "Last-Event-ID": wrong})
            for wrong in ("1000000", "-1", "later", "v1.AAAA", "9" * 400)
        ],
    ]
    assert codes(answers) == [(401, "unauthenticated"), *[(422, "validation_failed")] * 5]


async def test_ends_with_the_token(http: Caller) -> None:
    soon = issue_token(SETTINGS, "root", roles=["admin"], lifetime=2 - SETTINGS.jwt_leeway)
    async with http.client.stream("GET", "/events", headers={"Authorization": f"Bearer {soon}"}) as answer:
        assert answer.status_code == 200
        async with asyncio.timeout(DEADLINE_S):
            assert [line async for line in answer.aiter_lines() if line.startswith("data:")] == []


async def test_who_reads_slowly_gets_everything_and_holds_up_nobody(
    http: Caller, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "MAX_FRAMES", 5)  # kept in memory; for more a reader has to go to the log
    ada = await http.user()
    host, port = address.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    slow, request = await asyncio.open_connection(sock=connection, limit=1024)
    request.write(f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: {ADMIN['Authorization']}\r\n\r\n".encode())
    assert await slow.readline() == b"HTTP/1.1 200 OK\r\n"
    many = 40
    async with listening(http, ADMIN) as quick:
        for _ in range(many):
            upload = {**DOCUMENT, "userId": ada, "storagePath": "x" * 9_999}
            assert (await http.command("document.upload", upload, bearer(ada))).status_code == 200
        assert await quick.events(many) == ["document.uploaded"] * many
    received = b""
    async with asyncio.timeout(DEADLINE_S):
        while received.count(b"\ndata:") < many:
            received += await slow.read(65536)
    request.close()
