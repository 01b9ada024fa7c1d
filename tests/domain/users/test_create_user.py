from uuid import UUID

import pytest
from argon2 import PasswordHasher
from tests.domain.clone import NOON, USER, Clone, code, nobody, the_event

from clone_cqrs.domain import CreateUserCommand, DeleteUserCommand


def new_user(**fields: object) -> dict[str, object]:
    return {**USER, "email": "ada@example.com", **fields}


async def test_stores_the_user_and_logs_the_event(house: Clone) -> None:
    user_id = nobody()
    result = await house.do(CreateUserCommand, new_user(user_id=user_id, email="Ada@Example.com"), actor="system")
    assert result.unwrap().user_id == user_id
    assert the_event(result) == (
        "user.created",
        "user",
        str(user_id),
        {"userId": str(user_id), "email": "Ada@Example.com", "name": "Ada", "subscriptionTier": "free"},
    )
    row = await house.row("users", user_id)
    assert (row["email"], row["name"], row["subscription_tier"]) == ("Ada@Example.com", "Ada", "free")
    assert (row["created_at"], row["updated_at"], row["deleted_at"]) == (NOON, NOON, None)
    assert (row["personality_traits"], row["speaking_style"], row["conversation_minutes_used"]) == ([], None, 0)


async def test_makes_an_id_that_sorts_by_time_where_none_is_given(house: Clone) -> None:
    first = (await house.do(CreateUserCommand, new_user(), actor="system")).unwrap().user_id
    second = (await house.do(CreateUserCommand, new_user(email="b@example.com"), actor="system")).unwrap().user_id
    assert first.version == second.version == 7
    assert first < second


async def test_stores_the_password_as_argon2id_only(house: Clone) -> None:
    user_id = (await house.do(CreateUserCommand, new_user(password="s3cret-horse"), actor="system")).unwrap().user_id
    stored: str = (await house.row("users", user_id))["password_hash"]
    assert stored.startswith("$argon2id$")
    assert PasswordHasher().verify(stored, "s3cret-horse")
    log = await house.database.fetch("SELECT to_jsonb(e)::text AS line FROM cqrs.event e")
    records = await house.database.fetch("SELECT to_jsonb(c)::text AS line FROM cqrs.command c")
    assert not [row for row in (*log, *records) if "s3cret-horse" in row["line"]]


async def test_refuses_an_email_of_a_live_user_whatever_its_case(house: Clone) -> None:
    await house.user(email="ada@example.com")
    result = await house.do(CreateUserCommand, new_user(email="ADA@example.COM"), actor="system")
    assert code(result) == "conflict"
    assert "email" in str(result.error)
    assert "@" not in str(result.error)
    assert len(await house.rows("users")) == 1


async def test_frees_the_email_of_a_deleted_user(house: Clone) -> None:
    gone = await house.user(email="ada@example.com")
    await house.do(DeleteUserCommand, {"user_id": gone})
    assert (await house.do(CreateUserCommand, new_user(), actor="system")).success


async def test_refuses_an_id_that_is_taken(house: Clone) -> None:
    user_id = await house.user()
    assert code(await house.do(CreateUserCommand, new_user(user_id=user_id), actor="system")) == "conflict"


async def test_refuses_the_id_of_a_deleted_user(house: Clone) -> None:
    user_id = await house.user()
    await house.do(DeleteUserCommand, {"user_id": user_id})
    assert code(await house.do(CreateUserCommand, new_user(user_id=user_id), actor="system")) == "not_found"


@pytest.mark.parametrize("role", ["admin", "user"])
async def test_only_system_creates_users(house: Clone, role: str) -> None:
    user_id = nobody()
    command = CreateUserCommand(new_user(user_id=user_id), user_id)
    assert code(await house.commands.execute(command, roles={role})) == "forbidden"


@pytest.mark.parametrize("email", ["a@b", "a+b@c.example", "ä@ö.example", "x" * 242 + "@example.com"])
def test_takes_every_email_that_the_rule_allows(email: str) -> None:
    assert CreateUserCommand(new_user(email=email), "system").payload.email == email


@pytest.mark.parametrize("email", ["", "a", "a b@c", "a@b@c", "@", "a@", "@b", "a@b\t", "x" * 243 + "@example.com"])
async def test_refuses_every_other(house: Clone, email: str) -> None:
    message = {"commandType": "user.create", "userId": "system", "payload": new_user(email=email)}
    assert code(await house.commands.execute_message(message, roles={"system"})) == "validation_failed"


@pytest.mark.parametrize("password", ["p" * 7, "p" * 129, 12345678, None])
async def test_refuses_a_password_without_repeating_it(house: Clone, password: object) -> None:
    message = {"commandType": "user.create", "userId": "system", "payload": new_user(password=password)}
    result = await house.commands.execute_message(message, roles={"system"})
    assert code(result) == "validation_failed"
    assert "ppppppp" not in repr(result)
    assert "12345678" not in repr(result)


def test_a_user_id_may_be_text() -> None:
    command = CreateUserCommand(new_user(user_id="6513270e-269e-4d37-b2a7-4de452e6b438"), "system")
    assert command.payload.user_id == UUID("6513270e-269e-4d37-b2a7-4de452e6b438")
