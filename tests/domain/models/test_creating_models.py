from pydantic.alias_generators import to_camel
from tests.domain.clone import NOON, Clone, code, nobody, the_event
from tests.domain.models.kinds import Kind, both_kinds


@both_kinds
async def test_stores_the_model_and_logs_the_event(house: Clone, kind: Kind) -> None:
    user_id, model_id = await house.user(), nobody()
    result = await house.do(kind.create, kind.naming(user_id, model_id, **kind.new))
    assert getattr(result.unwrap(), kind.id) == model_id
    event_type, aggregate_type, aggregate_id, payload = the_event(result)
    assert (event_type, aggregate_type, aggregate_id) == (
        f"{kind.name}.{kind.events['create']}",
        kind.name,
        str(model_id),
    )
    assert payload == result.events[0].payload.model_dump(mode="json", by_alias=True)
    assert result.events[0].payload.model_dump(mode="json") == {
        "user_id": str(user_id),
        kind.id: str(model_id),
        **kind.new,
    }
    row = await house.row(kind.table, model_id)
    assert {name: row[name] for name in kind.new} == kind.new
    assert (row["created_at"], row["is_active"]) == (NOON, False)
    assert row["status"] == {"voice_model": "training", "face_model": "processing"}[kind.name]


@both_kinds
async def test_makes_an_id_where_none_is_given(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    result = await house.do(kind.create, {"user_id": user_id, **kind.new})
    model_id = getattr(result.unwrap(), kind.id)
    assert model_id.version == 7
    assert (await house.row(kind.table, model_id))["user_id"] == user_id


@both_kinds
async def test_refuses_an_id_of_the_users_own_that_is_taken(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given(house, user_id)
    assert code(await house.do(kind.create, kind.naming(user_id, model_id, **kind.new))) == "conflict"


@both_kinds
async def test_an_id_of_another_users_model_is_not_found(house: Clone, kind: Kind) -> None:
    user_id, other = await house.user(), await house.user()
    theirs = await kind.given(house, other)
    assert code(await house.do(kind.create, kind.naming(user_id, theirs, **kind.new))) == "not_found"


@both_kinds
async def test_only_the_owner_creates(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    command = kind.create({"user_id": user_id, **kind.new}, "system")
    assert code(await house.commands.execute(command)) == "forbidden"
    command = kind.create({"user_id": user_id, **kind.new}, "ops")
    assert code(await house.commands.execute(command, roles={"admin"})) == "forbidden"


@both_kinds
async def test_a_model_has_to_be_made_of_something(house: Clone, kind: Kind) -> None:
    user_id = "6513270e-269e-4d37-b2a7-4de452e6b438"
    payload = {"userId": user_id, **{to_camel(name): value for name, value in kind.new.items()}}
    (media,) = [name for name, value in payload.items() if isinstance(value, list)]
    message = {"commandType": kind.create.type_name, "userId": user_id, "payload": {**payload, media: []}}
    result = await house.commands.execute_message(message)
    assert str(result.error) == f"{media}: should not be empty"
