from tests.domain.clone import Clone, after, code, nobody, the_event

from clone_cqrs.domain import DeleteUserCommand, UpdateUserCommand


async def test_changes_what_is_given_and_nothing_else(house: Clone) -> None:
    user_id = await house.user(name="Ada")
    first = {"user_id": user_id, "personality_traits": ["dry", "kind"], "speaking_style": "slow"}
    await house.do(UpdateUserCommand, first, at=after(hours=1))
    result = await house.do(UpdateUserCommand, {"user_id": user_id, "name": "Augusta"}, at=after(hours=2))
    assert result.unwrap().user_id == user_id
    row = await house.row("users", user_id)
    assert (row["name"], row["personality_traits"], row["speaking_style"]) == ("Augusta", ["dry", "kind"], "slow")
    assert row["updated_at"] == after(hours=2)
    assert the_event(result) == (
        "user.updated",
        "user",
        str(user_id),
        {"userId": str(user_id), "name": "Augusta", "personalityTraits": None, "speakingStyle": None},
    )


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
    user_id = await house.user()
    command = UpdateUserCommand({"user_id": user_id, "name": "Augusta"}, "ops")
    assert (await house.commands.execute(command, roles={"admin"})).success


async def test_unknown_and_deleted_users_are_not_found(house: Clone) -> None:
    gone = await house.user()
    await house.do(DeleteUserCommand, {"user_id": gone})
    for user_id in (gone, nobody()):
        assert code(await house.do(UpdateUserCommand, {"user_id": user_id, "name": "Augusta"})) == "not_found"
