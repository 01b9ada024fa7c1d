from tests.domain.clone import Clone, after, code, nobody

from clone_cqrs.domain import DeleteUserCommand, UpdateUserCommand
from clone_cqrs.domain.users.events import UserUpdated
from clone_cqrs.errors import NotFoundError
from clone_cqrs.testing import Scenario


async def test_changes_what_is_given_and_nothing_else(house: Clone) -> None:
    user_id = await house.user(name="Ada")
    first = {"user_id": user_id, "personality_traits": ["dry", "kind"], "speaking_style": "slow"}
    second = {"user_id": user_id, "name": "Augusta"}
    scenario = await Scenario(house.commands).given(UpdateUserCommand(first, user_id, timestamp=after(hours=1)))
    outcome = await scenario.when(UpdateUserCommand(second, user_id, timestamp=after(hours=2)))
    outcome.then_result({"user_id": user_id}).then_events(UserUpdated(aggregate_id=user_id, payload=second))
    row = await house.row("users", user_id)
    assert (row["name"], row["personality_traits"], row["speaking_style"]) == ("Augusta", ["dry", "kind"], "slow")
    assert row["updated_at"] == after(hours=2)


async def test_an_empty_list_clears_the_traits(house: Clone) -> None:
    user_id = await house.user()
    await house.do(UpdateUserCommand, {"user_id": user_id, "personality_traits": ["dry"]})
    await house.do(UpdateUserCommand, {"user_id": user_id, "personality_traits": []})
    assert (await house.row("users", user_id))["personality_traits"] == []


async def test_refuses_an_update_of_nothing(house: Clone) -> None:
    user_id = await house.user()
    message = {"commandType": "user.update", "userId": str(user_id), "payload": {"userId": str(user_id), "name": None}}
    result = await house.commands.execute_message(message)
    assert code(result) == "validation_failed"
    assert str(result.error).startswith("payload: ")


async def test_an_admin_updates_whoever_it_is(house: Clone) -> None:
    update = UpdateUserCommand({"user_id": await house.user(), "name": "Augusta"}, "ops")
    (await Scenario(house.commands).when(update, roles={"admin"})).then_events(UserUpdated)


async def test_unknown_and_deleted_users_are_not_found(house: Clone) -> None:
    gone = await house.user()
    scenario = await Scenario(house.commands).given(DeleteUserCommand({"user_id": gone}, gone))
    for user_id in (gone, nobody()):
        (await scenario.when(UpdateUserCommand({"user_id": user_id, "name": "Augusta"}, user_id))).then_error(NotFoundError)
