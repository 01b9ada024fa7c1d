"""What a server does not do for anybody: read without end, wait without end, take everything on at once.

Planted bugs, each seen to fail its test: the size looked at only once all is read; a request that was refused still counted.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.types import ASGIApp, Message
from tests.http.caller import ADMIN, SETTINGS, Caller, bearer, codes
from tests.http.slow_clone import GATE, SOMEBODY_WAITS, open_slow_clone
from tests.http.test_server import until

from clone_cqrs.bootstrap import Application
from clone_cqrs.http import create_app


@pytest.fixture
async def clone(clone_dsn: str) -> AsyncIterator[Application]:
    async with open_slow_clone(clone_dsn, migrate=False) as opened:
        yield opened


@asynccontextmanager
async def calling(clone: Application, **settings: Any) -> AsyncIterator[Caller]:
    app = create_app(clone, replace(SETTINGS, **settings), opens=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://clone.test") as client:
        yield Caller(client)


async def test_reads_no_further_than_the_limit(clone: Application) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1024

    async with calling(clone, max_body_bytes=10_000) as http:
        answer = await http.client.post("/commands/test.wait", content=endless(), headers=ADMIN)
        assert codes([answer]) == [(413, "too_large")]
        assert answer.headers["connection"] == "close"
        assert read <= 11
        announced = await http.client.post("/commands/test.wait", content=b"{}", headers={**ADMIN, "Content-Length": "9" * 30})
        assert codes([announced]) == [(413, "too_large")]


async def answered(app: ASGIApp, messages: list[Message]) -> list[Message]:
    """What an application answers to a request that arrives so far, and no further."""
    sent: list[Message] = []
    headers = [(name.lower().encode(), value.encode()) for name, value in ADMIN.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/commands/test.wait",
        "raw_path": b"/commands/test.wait",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_waits_for_a_body_no_longer_than_it_is_told(clone: Application) -> None:
    app = create_app(clone, replace(SETTINGS, body_timeout=0.05), opens=False)
    start, _ = await answered(app, [{"type": "http.request", "body": b"{", "more_body": True}])
    assert start["status"] == 408


async def test_answers_nobody_who_has_hung_up(clone: Application) -> None:
    app = create_app(clone, SETTINGS, opens=False)
    begun: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert await answered(app, begun) == []


async def test_a_command_that_takes_too_long_is_answered_and_leaves_nothing(clone: Application, clone_dsn: str) -> None:
    holder = await asyncpg.connect(clone_dsn)
    await holder.execute(f"SELECT pg_advisory_lock({GATE})")
    async with calling(clone, request_timeout=0.2) as http:
        answer = await http.command("test.wait", {}, bearer("ada"))
    assert codes([answer]) == [(504, "timeout")]
    assert answer.json()["retryable"] is True
    assert await clone.database.fetch_value("SELECT count(*) FROM cqrs.event") == 0
    await holder.close()


async def test_takes_no_more_than_it_is_told_at_once(clone: Application, clone_dsn: str) -> None:
    holder = await asyncpg.connect(clone_dsn)
    await holder.execute(f"SELECT pg_advisory_lock({GATE})")
    async with calling(clone, max_concurrent_requests=1) as http:
        first = asyncio.create_task(http.command("test.wait", {}, bearer("ada")))
        await until(SOMEBODY_WAITS, holder)
        refused = [await http.command("test.wait", {}, bearer("bob")) for _ in range(2)]
        assert codes(refused) == [(429, "rate_limited")] * 2
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert (await http.client.get("/healthz")).status_code == 200
        await holder.execute(f"SELECT pg_advisory_unlock({GATE})")
        assert codes([await first, await http.command("test.wait", {}, bearer("bob"))]) == [(200, "")] * 2
    await holder.close()


async def test_a_bug_is_told_to_the_log_and_not_to_the_caller(clone: Application, caplog: pytest.LogCaptureFixture) -> None:
    async with calling(clone) as http:
        answers = [
            await http.command("test.break", {"text": "a private word"}, bearer("ada")),
            await http.query("test.break", {"text": "a private word"}, bearer("ada")),
        ]
    assert codes(answers) == [(500, "internal_error")] * 2
    assert not [answer for answer in answers if "private" in answer.text or "RuntimeError" in answer.text]
    told = [record for record in caplog.records if record.message.startswith("request_failed")]
    assert len(told) == 2
    assert all("break_" in record.message for record in told), "says where"


async def test_a_browser_may_call_from_the_origins_that_are_set(clone: Application) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }
    sent = {**bearer("ada"), "Origin": "https://app.example"}
    async with calling(clone) as http:
        assert "access-control-allow-origin" not in (await http.command("test.wait", {}, sent)).headers
    async with calling(clone, cors_origins=("https://app.example",)) as http:
        before = await http.client.options(
            "/commands/test.wait", headers={**asked, "Access-Control-Request-Headers": "idempotency-key"}
        )
        assert before.status_code == 200
        answer = await http.command("test.wait", {}, sent)
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert "Consistency-Token" in answer.headers["access-control-expose-headers"]
