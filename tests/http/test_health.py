"""/healthz, /readyz and /metrics.

Planted bug, seen to fail its test: the details told to everybody.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.conftest import ServerFactory
from tests.domain.cheap_clone import open_cheap_clone
from tests.http.caller import ADMIN, SETTINGS, bearer, codes
from tests.servers.databases import migrate_domain

from clone_cqrs.bootstrap import Application
from clone_cqrs.http import create_app
from clone_cqrs.instrumentation import instrument

STRANGER = ("192.0.2.7", 4711)


@asynccontextmanager
async def calling(clone: Application, client: tuple[str, int] = STRANGER) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(clone, SETTINGS, opens=False), client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://clone.test") as opened:
        yield opened


async def test_details_are_for_admins_and_for_this_machine(clone: Application) -> None:
    async with calling(clone) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        for headers in ({}, bearer("ada"), {"Authorization": "Bearer x"}):
            assert (await http.get("/readyz", headers=headers)).json() == {"status": "ready"}
        assert (await http.get("/readyz", headers=ADMIN)).json()["checks"].keys() == {
            "database",
            "migrations",
            "subscriptions",
            "server",
        }
    async with calling(clone, ("127.0.0.1", 1)) as http:
        assert "checks" in (await http.get("/readyz")).json()
        assert "checks" not in (await http.get("/readyz", headers={"X-Forwarded-For": "192.0.2.7"})).json()
        assert "checks" not in (await http.get("/readyz", headers=bearer("ada"))).json()


async def test_a_schema_that_is_behind_is_not_ready(dsn: str) -> None:
    async with open_cheap_clone(dsn, workers=False, migrate=False) as clone, calling(clone) as http:
        answer = await http.get("/readyz", headers=ADMIN)
        assert answer.status_code == 503
        assert answer.json()["checks"]["migrations"]["detail"].endswith("not at the newest revision: public")
        assert answer.json()["checks"]["database"]["ok"] is True


async def test_a_database_that_is_away_is_not_ready(own_server: ServerFactory) -> None:
    server = own_server()
    await migrate_domain(server.dsn("postgres"))
    async with open_cheap_clone(server.dsn("postgres"), workers=False, migrate=False) as clone, calling(clone) as http:
        assert (await http.get("/readyz")).status_code == 200
        server.stop()
        async with calling(clone) as asked_anew:
            answer = await asked_anew.get("/readyz", headers=ADMIN)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert answer.json()["checks"]["database"]["ok"] is False
            refused = await asked_anew.post("/queries/user.get", json={"userId": "0" * 32}, headers=ADMIN)
        assert codes([refused]) == [(503, "storage_unavailable")]
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["detail"] == "the database cannot be used now"
        assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("counted", [True, False])
async def test_metrics_are_for_admins_and_for_this_machine(clone_dsn: str, counted: bool) -> None:
    clone = open_cheap_clone(clone_dsn, workers=False, migrate=False)
    if counted:
        instrument(clone, metrics=True)
    async with clone, calling(clone) as http:
        answers = [await http.get("/metrics", headers=headers) for headers in ({}, bearer("ada"), ADMIN)]
    if not counted:
        assert codes(answers) == [(404, "unknown_address")] * 3
        return
    assert codes(answers[:2]) == [(401, "unauthenticated"), (403, "forbidden")]
    assert "cqrs_" in answers[2].text
    assert answers[2].headers["content-type"].startswith("text/plain; version=")
