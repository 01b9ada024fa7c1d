"""`clone-cqrs doctor`: what the server, the role and what lies between are like, and what to do about it.

Planted to see these tests fail: a setting compared with the wrong value; the pooler's own process id taken for the server's; a
role that may not look into the schema taken for a bug.
"""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest
from tests.cli.program import called, clone_cqrs
from tests.servers.pgbouncer import PROGRAM, PrivatePooler
from tests.servers.postgresql import PrivateServer


@pytest.fixture
def role_dsn(clone_dsn: str) -> Iterator[str]:
    """A role that owns nothing, with some settings of its own that do not suit."""
    name = f"doctor_{uuid4().hex[:12]}"
    execute(
        clone_dsn,
        f"CREATE ROLE {name} LOGIN; ALTER ROLE {name} SET default_transaction_isolation = 'repeatable read'; "
        f"ALTER ROLE {name} SET synchronous_commit = off",
    )
    yield clone_dsn.replace("postgres@", f"{name}@")
    execute(clone_dsn, f"DROP OWNED BY {name}; DROP ROLE {name}")


def execute(dsn: str, sql: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(run())


def codes(dsn: str) -> dict[tuple[str, str], bool]:
    """(about, code) of each finding, and whether it is a warning only."""
    ended = called("doctor", "--json", dsn=dsn)
    findings = ended.json["findings"]
    assert ended.code == (1 if any(not each["isWarning"] for each in findings) else 0)
    return {(each["about"], each["code"]): each["isWarning"] for each in findings}


def test_tells_what_a_role_lacks_and_which_settings_do_not_suit(clone_dsn: str, role_dsn: str) -> None:
    role = role_dsn.partition("//")[2].partition("@")[0]
    ungranted = codes(role_dsn)
    assert ungranted[f"role {role}", "lacks_rights"] is False
    assert ungranted["setting default_transaction_isolation", "setting"] is False
    assert ungranted["setting synchronous_commit", "setting"] is True
    # The tests' own server, which need not survive a crash.
    assert ungranted["setting fsync", "setting"] is False

    execute(clone_dsn, f"SELECT cqrs.grant_application('{role}')")
    granted = codes(role_dsn)
    assert {code: warning for (about, code), warning in granted.items() if about == f"role {role}"} == {
        "no_read_all_stats": True,
        "not_the_owner": True,
        "foreign_views": False,
    }
    shown = called("doctor", dsn=role_dsn)
    assert f"GRANT pg_read_all_stats TO {role}" in shown.out
    assert "not checked: the disk: only pg_read_all_settings is told where the data directory is" in shown.out


def test_tells_what_the_owner_should_know(empty_dsn: str) -> None:
    ended = called("doctor", "--json", dsn=empty_dsn)
    assert ended.json["facts"].keys() == {"server", "role", "connections", "pooler", "clock", "disk"}
    assert ended.json["facts"]["pooler"] == "none"
    found = {(each["about"], each["code"]): each["message"] for each in ended.json["findings"]}
    assert found["schema cqrs", "not_migrated"] == "it is not in this database yet: run `clone-cqrs migrate`"
    assert ("role postgres", "superuser") in found


def test_notices_a_pooler_and_a_way_past_it(server: PrivateServer, clone_dsn: str) -> None:
    assert PROGRAM.exists(), "PgBouncer is not installed: apt-get install pgbouncer"
    with PrivatePooler(server) as pooler:
        pooled = pooler.dsn(clone_dsn.rpartition("/")[2])
        past_it = clone_cqrs("doctor", "--json", env={"DATABASE_URL": pooled, "DATABASE_DIRECT_URL": clone_dsn})
        assert past_it.json["facts"]["pooler"] == "yes, and a direct DSN past it", past_it.err
        alone = called("doctor", dsn=pooled)
        assert (alone.code, alone.out) == (1, "")
        assert "DATABASE_DIRECT_URL" in alone.err
