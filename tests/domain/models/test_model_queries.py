from decimal import Decimal

from tests.domain.clone import NOON, Clone, after, code, nobody
from tests.domain.models.kinds import Kind, both_kinds

from clone_cqrs.domain import DeleteUserCommand, GetFaceModelQuery, GetVoiceModelQuery


async def test_a_voice_model_is_read_with_its_usage(house: Clone) -> None:
    user_id = await house.user()
    model_id = await house.voice_model(user_id)
    for hours in (2, 1):
        await house.session(user_id, voice_model_id=model_id, at=after(hours=hours))
    model = (await house.ask(GetVoiceModelQuery, {"user_id": user_id, "voice_model_id": model_id})).unwrap()
    assert model.model_dump() == {
        "id": model_id,
        "user_id": user_id,
        "provider": "xtts-v2",
        "model_path": "models/voice",
        "sample_rate": 24_000,
        "quality_score": Decimal("92.5"),
        "is_active": True,
        "created_at": NOON,
        "usage_count": 2,
        "last_used_at": after(hours=2),
    }


async def test_a_face_model_is_read_with_its_usage(house: Clone) -> None:
    user_id = await house.user()
    model_id = await house.face_model(user_id)
    await house.session(user_id, face_model_id=model_id, at=after(hours=1))
    await house.session(user_id)
    model = (await house.ask(GetFaceModelQuery, {"user_id": user_id, "face_model_id": model_id})).unwrap()
    assert model.model_dump() == {
        "id": model_id,
        "user_id": user_id,
        "model_path": "models/face",
        "resolution_width": 512,
        "resolution_height": 256,
        "quality_score": Decimal("88.1"),
        "keypoint_count": 468,
        "is_active": True,
        "created_at": NOON,
        "usage_count": 1,
        "last_used_at": after(hours=1),
    }


@both_kinds
async def test_an_unfinished_model_has_no_results_yet(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given_unfinished(house, user_id)
    model = (await house.ask(kind.get, kind.naming(user_id, model_id))).unwrap()
    assert (model.model_path, model.quality_score, model.is_active) == (None, None, False)
    assert (model.usage_count, model.last_used_at) == (0, None)


@both_kinds
async def test_a_users_models_are_listed_newest_first(house: Clone, kind: Kind) -> None:
    user_id, other = await house.user(), await house.user()
    await kind.given(house, other)
    models = [await kind.given_unfinished(house, user_id, at=after(hours=hours)) for hours in (1, 3, 2)]
    page = (await house.ask(kind.list, {"user_id": user_id})).unwrap()
    assert [model.id for model in page.items] == [models[1], models[2], models[0]]
    assert page.next_cursor is None


@both_kinds
async def test_models_of_others_of_nobody_and_of_the_deleted_are_not_found(house: Clone, kind: Kind) -> None:
    user_id, other, gone = [await house.user() for _ in range(3)]
    theirs, lost = await kind.given(house, other), await kind.given(house, gone)
    await house.do(DeleteUserCommand, {"user_id": gone})
    for owner, model_id in ((user_id, theirs), (user_id, nobody()), (gone, lost), (nobody(), theirs)):
        for roles in ((), ("admin",)):
            assert code(await house.ask(kind.get, kind.naming(owner, model_id), roles=roles)) == "not_found"


@both_kinds
async def test_a_list_is_empty_for_who_has_none_and_not_found_for_who_is_not_there(house: Clone, kind: Kind) -> None:
    user_id, gone = await house.user(), await house.user()
    await kind.given(house, gone)
    await house.do(DeleteUserCommand, {"user_id": gone})
    assert (await house.ask(kind.list, {"user_id": user_id})).unwrap().items == ()
    for nowhere in (gone, nobody()):
        assert code(await house.ask(kind.list, {"user_id": nowhere})) == "not_found"
