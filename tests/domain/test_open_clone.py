"""open_clone: the clone, wired."""

from pathlib import Path

import pytest
from tests.planted_secret import PLANTED

from clone_cqrs.domain import (
    CHEAPEST,
    DEFAULT_CONSISTENCY_RULES,
    VIEWS,
    CreateUserCommand,
    GetUserProfileQuery,
    PasswordCost,
    open_clone,
)

ADA = {"email": "ada@example.com", "name": "Ada", "password": PLANTED, "subscription_tier": "free"}


async def test_opens_the_clone_on_an_empty_database(empty_dsn: str) -> None:
    async with open_clone(empty_dsn, password_cost=CHEAPEST) as clone:
        created = await clone.commands.execute(CreateUserCommand(user_id="system", payload=ADA))
        user_id = created.unwrap().user_id
        question = GetUserProfileQuery(user_id=user_id, payload={"user_id": user_id})
        answer = await clone.queries.execute(question, at_least=created.token)
        assert answer.unwrap().name == "Ada"
        assert (await clone.queries.execute(question)).from_cache
        await clone.drain(60)
        assert await clone.database.fetch_value("SELECT name FROM user_profile_view WHERE id = $1", user_id) == "Ada"


async def test_reads_the_environment_without_a_dsn(clone_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", clone_dsn)
    async with open_clone(workers=False) as clone:
        assert clone.database.dsn == clone_dsn


async def test_leaves_the_schema_alone_when_told_to(empty_dsn: str) -> None:
    async with open_clone(empty_dsn, migrate=False, workers=False) as clone:
        assert await clone.database.fetch_value("SELECT to_regnamespace('cqrs') IS NULL")


async def test_hashes_passwords_at_the_cost_given(clone_dsn: str) -> None:
    cost = PasswordCost(passes=2, memory_kib=64, threads=1)
    async with open_clone(clone_dsn, password_cost=cost, workers=False) as clone:
        (await clone.commands.execute(CreateUserCommand(user_id="system", payload=ADA))).unwrap()
        stored = await clone.database.fetch_value("SELECT password_hash FROM users")
        assert stored.startswith("$argon2id$v=19$m=64,t=2,p=1$")


def test_knows_all_views_and_rules_before_it_is_opened() -> None:
    clone = open_clone("postgresql://nobody@127.0.0.1:1/nothing")
    assert clone.views == VIEWS
    assert clone.rules == DEFAULT_CONSISTENCY_RULES
    assert len(clone.commands.registrations) == 18
    assert len(clone.queries.registrations) == 12


@pytest.mark.parametrize("setting", ["cache_tll", "max_connection", "roles"])
def test_refuses_a_setting_that_it_does_not_know(setting: str) -> None:
    settings: dict[str, object] = {setting: 1}
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{setting}'"):
        open_clone(**settings)  # type: ignore[arg-type]


def test_refuses_a_time_to_live_in_milliseconds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cache_ttl"):
        open_clone(cache_ttl=300_000, data_directory=tmp_path)
