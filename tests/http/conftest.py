"""The clone behind HTTP, in this process: what needs a process of its own starts one (see served.py)."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.domain.cheap_clone import open_cheap_clone
from tests.http.caller import SETTINGS, Caller

from clone_cqrs.bootstrap import Application
from clone_cqrs.http import create_app


@pytest.fixture
async def clone(clone_dsn: str) -> AsyncIterator[Application]:
    """The clone, open, without workers."""
    async with open_cheap_clone(clone_dsn, workers=False, migrate=False) as opened:
        yield opened


@pytest.fixture
async def http(clone: Application) -> AsyncIterator[Caller]:
    """Somebody who calls it."""
    transport = httpx.ASGITransport(create_app(clone, SETTINGS, opens=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://clone.test") as client:
        yield Caller(client)
