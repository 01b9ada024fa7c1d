"""The messages that test_wrong_messages spoils are carried out when they are not spoiled."""

import pytest
from tests.domain.clone import Clone, code
from tests.domain.samples import actor_of, build_world, message_classes, sample

from clone_cqrs.domain import GetUserQuery

SPENT_BY_ANOTHER = {
    "voice_model.fail_training",
    "face_model.fail_creation",
    "document.fail_processing",
}


@pytest.mark.parametrize("spent_by_another", [False, True])
async def test_every_sample_is_carried_out(house: Clone, spent_by_another: bool) -> None:
    await build_world(house)
    last = {"document.delete": 1, "user.delete": 2}
    classes = sorted(message_classes(), key=lambda cls: (last.get(cls.type_name, 0), cls.kind == "command"))
    for cls in classes:
        if cls.kind == "command" and (cls.type_name in SPENT_BY_ANOTHER) is not spent_by_another:
            continue
        bus = house.commands if cls.kind == "command" else house.queries
        message = {f"{cls.kind}Type": cls.type_name, "userId": str(actor_of(cls)), "payload": sample(cls)}
        assert code(await bus.execute_message(message, roles=None)) is None, cls.type_name
    ada = {"user_id": actor_of(GetUserQuery)}
    assert code(await house.ask(GetUserQuery, ada)) == (None if spent_by_another else "not_found")
