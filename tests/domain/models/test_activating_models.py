from tests.domain.clone import Clone, after, code, nobody, the_event
from tests.domain.models.kinds import Kind, both_kinds


async def active_models(house: Clone, kind: Kind) -> list[object]:
    return [row["id"] for row in await house.rows(kind.table) if row["is_active"]]


@both_kinds
async def test_the_active_model_gives_way(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    first, second = await kind.given(house, user_id), await kind.given(house, user_id)
    assert await active_models(house, kind) == [first]
    result = await house.do(kind.activate, kind.naming(user_id, second), at=after(hours=1))
    assert getattr(result.unwrap(), kind.id) == second
    assert the_event(result)[:3] == (f"{kind.name}.activated", kind.name, str(second))
    assert result.events[0].payload.model_dump() == kind.naming(user_id, second)
    assert await active_models(house, kind) == [second]


@both_kinds
async def test_activating_the_active_model_succeeds_without_an_event(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given(house, user_id)
    before = await house.everything()
    result = await house.do(kind.activate, kind.naming(user_id, model_id), at=after(hours=1))
    assert getattr(result.unwrap(), kind.id) == model_id
    assert (result.events, result.token) == ((), None)
    assert await house.everything() == before


@both_kinds
async def test_only_a_completed_model_can_be_activated(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    active, unfinished = await kind.given(house, user_id), await kind.given_unfinished(house, user_id)
    assert code(await house.do(kind.activate, kind.naming(user_id, unfinished))) == "rule_violated"
    assert await active_models(house, kind) == [active]


@both_kinds
async def test_models_of_others_and_of_nobody_are_not_found(house: Clone, kind: Kind) -> None:
    user_id, other = await house.user(), await house.user()
    mine, theirs = await kind.given(house, user_id), await kind.given(house, other)
    for model_id in (theirs, nobody()):
        assert code(await house.do(kind.activate, kind.naming(user_id, model_id))) == "not_found"
    assert set(await active_models(house, kind)) == {mine, theirs}


@both_kinds
async def test_only_the_owner_activates(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given(house, user_id)
    for actor in ("system", await house.user()):
        assert code(await house.do(kind.activate, kind.naming(user_id, model_id), actor=actor)) == "forbidden"
