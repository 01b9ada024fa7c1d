"""Commands and queries over HTTP."""

from tests.http.caller import Caller, bearer, codes, new_user


async def test_executes_a_command_and_answers_a_query(http: Caller) -> None:
    created = await http.command("user.create", new_user(name="Ada"))
    assert created.status_code == 200, created.text
    answer = created.json()
    assert answer.keys() == {"success", "commandId", "data", "timestamp", "token", "replayed"}
    assert created.headers["consistency-token"] == answer["token"]
    user_id = answer["data"]["userId"]
    profile = await http.query(
        "user.get_profile", {"userId": user_id}, bearer(user_id), **{"Consistency-Token": answer["token"]}
    )
    assert profile.status_code == 200, profile.text
    assert profile.json()["data"]["name"] == "Ada"
    assert profile.headers["consistency-token"] == answer["token"]
    again = await http.query("user.get_profile", {"payload": {"user_id": user_id}}, bearer(user_id))
    assert again.json() | {"fromCache": True} == profile.json() | {"fromCache": True}


async def test_the_actor_is_the_tokens_subject_whatever_the_body_says(http: Caller) -> None:
    ada, eve = await http.user(), await http.user()
    rename = {"payload": {"userId": ada, "name": "Eve"}, "userId": ada, "commandType": "user.update"}
    assert codes([await http.command("user.update", rename, bearer(eve))]) == [(403, "forbidden")]
    assert codes([await http.command("user.update", rename, bearer(eve, "admin"))]) == [(200, "")]
