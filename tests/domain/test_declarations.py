"""What events say that they change (`tables=`), and what handlers say that they read (`reads=`), against what they touch.

The check of rules (test_rule_check) believes these declarations; here every handler runs, and the server counts.
Planted and seen: a table left out of an event's `tables`, and one too many there; a relation left out of a handler's `reads`,
and one too many there.
"""

from typing import Any, cast
from uuid import UUID

import pytest
from tests.domain.clone import Clone
from tests.domain.samples import ADA, BOB, FOR_SYSTEM, PROCESSING, TRAINING, build_world, message_classes, sample

from clone_cqrs.consistency.relations import relations_behind
from clone_cqrs.domain import EVENTS, DeleteUserCommand
from clone_cqrs.domain.users.events import UserDeleted
from clone_cqrs.messages import CommandResult, Envelope
from clone_cqrs.queries import Consistency
from clone_cqrs.testing import TouchedTables, tables_touched

MessageClass = type[Envelope[Any, Any]]
LEVELS: tuple[Consistency, ...] = ("session", "eventual")
COMPLETING = {"voice_model.complete_training", "face_model.complete_creation", "document.complete_processing"}
FAILING = {"voice_model.fail_training", "face_model.fail_creation", "document.fail_processing"}
NOT_ACTIVE_YET = {
    "voice_model.activate": {"voiceModelId": str(TRAINING)},
    "face_model.activate": {"faceModelId": str(PROCESSING)},
}


@pytest.fixture
async def world(house: Clone) -> Clone:
    await build_world(house)
    await house.database.execute("SELECT refresh_all_materialized_views()")
    return house


def messages(kind: str) -> list[MessageClass]:
    """All of a kind; first what completes, last what deletes."""
    found = [cls for cls in message_classes() if cls.kind == kind]
    order = [COMPLETING, set(), {"document.delete"}, {"user.delete"}]
    return sorted(found, key=lambda cls: next((at for at, names in enumerate(order) if cls.type_name in names), 1))


async def touched_by(
    clone: Clone, cls: MessageClass, user_id: UUID = ADA, consistency: Consistency | None = None
) -> TouchedTables:
    payload = {**sample(cls, user_id), **NOT_ACTIVE_YET.get(cls.type_name, {})}
    message = cast(Any, cls)(payload, "system" if cls.type_name in FOR_SYSTEM else user_id)
    bus = clone.commands if cls.kind == "command" else clone.queries
    return await tables_touched(bus, message, consistency=consistency)


async def all_that_is_read(clone: Clone, cls: MessageClass) -> list[TouchedTables]:
    """By all ways to answer: at both levels, and for one who has nothing, where that is an answer."""
    found = [await touched_by(clone, cls, consistency=level) for level in LEVELS]
    if "Id" not in "".join(sample(cls).keys() - {"userId"}):
        found += [await touched_by(clone, cls, BOB, level) for level in LEVELS]
    return found


@pytest.mark.parametrize("left_out", [FAILING, COMPLETING], ids=["completed", "failed"])
async def test_events_declare_the_tables_that_their_commands_write(world: Clone, left_out: set[str]) -> None:
    declared = {event.type_name: set(event.tables) for event in EVENTS}
    seen = set()
    for cls in messages("command"):
        if cls.type_name in left_out or (left_out is COMPLETING and cls.type_name in NOT_ACTIVE_YET):
            continue
        touched = await touched_by(world, cls)
        assert isinstance(touched.result, CommandResult)
        assert touched.undeclared == frozenset(), cls.type_name
        (event,) = touched.result.events
        assert touched.written == declared[event.event_type], event.event_type
        seen.add(event.event_type)
    of_failures = {"voice_model.training_failed", "face_model.creation_failed", "document.processing_failed"}
    assert seen >= of_failures if left_out is COMPLETING else seen == declared.keys() - of_failures


async def test_handlers_declare_what_they_read(world: Clone) -> None:
    for cls in messages("query"):
        found = await all_that_is_read(world, cls)
        assert [touched.undeclared for touched in found] == [frozenset()] * len(found), cls.type_name
        read = frozenset().union(*(touched.read for touched in found))
        handler = world.queries.get_handler(cls.type_name)
        assert handler is not None
        for relation, behind in (await relations_behind(world.database, handler.reads)).items():
            assert read & {each.name for each in behind}, f"{cls.type_name} does not read {relation}"


async def test_a_table_left_out_of_an_event_is_seen(world: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    *others, left_out = UserDeleted.tables
    monkeypatch.setattr(UserDeleted, "tables", tuple(others))
    assert (await touched_by(world, DeleteUserCommand)).undeclared == {left_out}


async def test_a_relation_left_out_of_any_handler_is_seen(world: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in messages("query"):
        handler = world.queries.get_handler(cls.type_name)
        assert handler is not None
        for left_out in handler.reads:
            with monkeypatch.context() as planted:
                planted.setattr(type(handler), "reads", tuple(each for each in handler.reads if each != left_out))
                found = await all_that_is_read(world, cls)
            assert any(touched.undeclared for touched in found), f"{cls.type_name} without {left_out}"
