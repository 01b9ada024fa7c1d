"""Query handlers build their rows without validation: what they hand out would have passed it."""

from typing import Any, cast

from tests.domain.clone import Clone, after
from tests.domain.samples import ADA, actor_of, build_world, message_classes, sample

from clone_cqrs.domain import EndConversationCommand, RecordConversationTurnCommand
from clone_cqrs.messages import Page, Query
from clone_cqrs.queries.cache.immutable import is_immutable


async def answers(house: Clone) -> list[tuple[str, Any, Any]]:
    found = []
    for cls in message_classes():
        if cls.kind == "query":
            query = cast("type[Query[Any, Any]]", cls)
            found.append((cls.type_name, cls.result_type, (await house.ask(query, sample(cls), actor=actor_of(cls))).unwrap()))
    return found


async def test_what_queries_hand_out_is_of_its_declared_types_and_frozen(house: Clone) -> None:
    await build_world(house)
    before = await answers(house)
    named = {"user_id": ADA, "session_id": sample(RecordConversationTurnCommand)["sessionId"]}
    turn = sample(RecordConversationTurnCommand)
    (await house.do(RecordConversationTurnCommand, turn, actor=ADA, at=after(seconds=1))).unwrap()
    (await house.do(EndConversationCommand, named, at=after(seconds=2))).unwrap()
    for type_name, result_type, data in [*before, *await answers(house)]:
        assert is_immutable(data), type_name
        assert result_type.model_validate(data.model_dump()) == data, type_name
        again = result_type.model_validate_json(data.model_dump_json(by_alias=True))
        assert again == data, type_name
        assert type(data) is result_type, type_name
    assert all(data.items for _, _, data in await answers(house) if isinstance(data, Page))
