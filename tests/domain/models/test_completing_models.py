from decimal import Decimal

from tests.domain.clone import FAILURE, Clone, after, code, nobody, the_event
from tests.domain.models.kinds import FACE, VOICE, Kind, both_kinds


@both_kinds
async def test_the_first_completed_model_becomes_active_and_the_second_does_not(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    failed, first, second = [await kind.given_unfinished(house, user_id) for _ in range(3)]
    await house.do(kind.fail, kind.naming(user_id, failed, **FAILURE), actor="system")
    for model_id, is_active in ((first, True), (second, False)):
        result = await house.do(kind.complete, kind.naming(user_id, model_id, **kind.completed), actor="system")
        assert getattr(result.unwrap(), kind.id) == model_id
        event_type, _, aggregate_id, payload = the_event(result)
        assert (event_type, aggregate_id) == (f"{kind.name}.{kind.events['complete']}", str(model_id))
        assert payload["isActive"] is is_active
        row = await house.row(kind.table, model_id)
        assert (row["status"], row["is_active"]) == ("completed", is_active)


async def test_training_yields_what_the_event_and_the_row_hold(house: Clone) -> None:
    user_id = await house.user()
    model_id = await house.voice_model_in_training(user_id)
    completed = VOICE.naming(user_id, model_id, **VOICE.completed)
    result = await house.do(VOICE.complete, completed, actor="system", at=after(minutes=1))
    assert the_event(result)[3] == {
        "voiceModelId": str(model_id),
        "userId": str(user_id),
        "provider": "xtts-v2",
        "modelPath": "models/voice",
        "qualityScore": 92.5,
        "sampleRate": 24_000,
        "trainingDurationMs": 60_000,
        "isActive": True,
    }
    row = await house.row("voice_models", model_id)
    assert (row["model_path"], row["quality_score"], row["sample_rate"]) == ("models/voice", Decimal("92.5"), 24_000)
    assert row["training_duration_ms"] == 60_000


async def test_creation_yields_what_the_event_and_the_row_hold(house: Clone) -> None:
    user_id = await house.user()
    model_id = await house.face_model_in_processing(user_id)
    result = await house.do(FACE.complete, FACE.naming(user_id, model_id, **FACE.completed), actor="system")
    assert the_event(result)[3] == {
        "faceModelId": str(model_id),
        "userId": str(user_id),
        "modelPath": "models/face",
        "qualityScore": 88.1,
        "resolution": {"width": 512, "height": 256},
        "keypointCount": 468,
        "processingDurationMs": 30_000,
        "isActive": True,
    }
    row = await house.row("face_models", model_id)
    assert (row["resolution_width"], row["resolution_height"], row["keypoint_count"]) == (512, 256, 468)


@both_kinds
async def test_failing_keeps_the_reason(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given_unfinished(house, user_id)
    result = await house.do(kind.fail, kind.naming(user_id, model_id, **FAILURE), actor="system")
    assert the_event(result)[0] == f"{kind.name}.{kind.events['fail']}"
    assert result.events[0].payload.model_dump() == kind.naming(user_id, model_id, **FAILURE)
    row = await house.row(kind.table, model_id)
    assert (row["status"], row["error_message"], row["error_code"]) == ("failed", "too noisy", "E_NOISE")


@both_kinds
async def test_completing_and_failing_happen_once(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    completed, failed = await kind.given(house, user_id), await kind.given_unfinished(house, user_id)
    await house.do(kind.fail, kind.naming(user_id, failed, **FAILURE), actor="system")
    for model_id in (completed, failed):
        again = kind.naming(user_id, model_id, **kind.completed)
        assert code(await house.do(kind.complete, again, actor="system")) == "rule_violated"
        assert code(await house.do(kind.fail, kind.naming(user_id, model_id, **FAILURE), actor="system")) == "rule_violated"


@both_kinds
async def test_only_system_reports_what_became_of_a_model(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    model_id = await kind.given_unfinished(house, user_id)
    for command, fields in ((kind.complete, kind.completed), (kind.fail, FAILURE)):
        assert code(await house.do(command, kind.naming(user_id, model_id, **fields))) == "forbidden"


@both_kinds
async def test_models_of_others_and_of_nobody_are_not_found(house: Clone, kind: Kind) -> None:
    user_id, other = await house.user(), await house.user()
    theirs = await kind.given_unfinished(house, other)
    for owner, model_id in ((user_id, theirs), (user_id, nobody()), (nobody(), theirs)):
        for command, fields in ((kind.complete, kind.completed), (kind.fail, FAILURE)):
            assert code(await house.do(command, kind.naming(owner, model_id, **fields), actor="system")) == "not_found"
    assert (await house.row(kind.table, theirs))["status"] in ("training", "processing")
