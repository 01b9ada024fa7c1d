"""The shipped rules, held to what commands write, to what queries read, and to the catalog."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.domain.clone import DOCUMENT, FAILURE, PROCESSED, TABLES, TURN, USER, Clone, after
from tests.domain.models.kinds import FACE, VOICE

from clone_cqrs import domain
from clone_cqrs.domain import DEFAULT_CONSISTENCY_RULES, EVENTS, FLOOR_CONSISTENCY_RULES, VIEWS
from clone_cqrs.messages import Command
from clone_cqrs.postgres import Database

RULES = {rule.event_type: rule for rule in DEFAULT_CONSISTENCY_RULES}
TABLES_OF_EVENT = {event.type_name: set(event.tables) for event in EVENTS}
Done = tuple[type[Command[Any, Any]], dict[str, Any], str | None]


def test_every_event_has_one_rule_scoped_to_its_user() -> None:
    assert [rule.event_type for rule in DEFAULT_CONSISTENCY_RULES] == [event.type_name for event in EVENTS]
    assert {rule.scope for rule in DEFAULT_CONSISTENCY_RULES} == {"user_id"}
    assert all("user_id" in event.payload_type.model_fields for event in EVENTS if event.payload_type is not None)


def test_the_shipped_rules_do_all_that_the_floor_does() -> None:
    assert len(FLOOR_CONSISTENCY_RULES) == 7
    for floor in FLOOR_CONSISTENCY_RULES:
        shipped = RULES[floor.event_type]
        assert set(floor.affected_query_types) <= set(shipped.affected_query_types)
        assert shipped.refresh_delay == floor.refresh_delay


async def tables_of(house: Clone, relation: str) -> set[str]:
    """The tables that a view reads, through other views; of a table, itself."""
    rows = await house.database.fetch(
        """
        WITH RECURSIVE reads AS (
            SELECT $1::text::regclass::oid AS relation
            UNION
            SELECT d.refobjid
            FROM reads
            JOIN pg_rewrite w ON w.ev_class = reads.relation
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> reads.relation
        )
        SELECT c.relname FROM reads JOIN pg_class c ON c.oid = reads.relation WHERE c.relkind = 'r'
        """,
        f"public.{relation}",
    )
    return {row["relname"] for row in rows}


async def test_a_view_is_refreshed_after_every_event_that_changes_a_table_it_reads(house: Clone) -> None:
    for view in VIEWS:
        reads = await tables_of(house, view.name)
        assert reads
        for event_type, changed in TABLES_OF_EVENT.items():
            assert (view.name in RULES[event_type or ""].affected_views) == bool(reads & changed), (view.name, event_type)


async def test_an_answer_is_dropped_after_every_event_that_changes_a_table_it_is_made_of(house: Clone) -> None:
    for registration in house.queries.registrations:
        reads: set[str] = set()
        for relation in registration.handler.reads:
            reads |= await tables_of(house, relation)
        assert reads
        for event_type, changed in TABLES_OF_EVENT.items():
            named = registration.type_name in RULES[event_type or ""].affected_query_types
            assert named == bool(reads & changed), (registration.type_name, event_type)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is run through the Database from now on."""
    heard: list[str] = []

    def listen(name: str) -> None:
        run = getattr(Database, name)

        async def listening(self: Database, sql: str, *args: Any) -> Any:
            heard.append(sql)
            return await run(self, sql, *args)

        monkeypatch.setattr(Database, name, listening)

    for name in ("fetch", "fetch_one", "fetch_value", "execute"):
        listen(name)
    return heard


async def test_query_handlers_read_what_they_say(house: Clone, statements: list[str]) -> None:
    user_id, nothing_yet = await house.user(), await house.user()
    ids = {
        "session_id": await house.session(user_id),
        "voice_model_id": await house.voice_model(user_id),
        "face_model_id": await house.face_model(user_id),
        "document_id": await house.document(user_id),
    }
    for registration in house.queries.registrations:
        statements.clear()
        fields = registration.message_class.payload_type.model_fields
        own = {name: value for name, value in ids.items() if name in fields}
        for owner in (user_id, nothing_yet):
            await house.ask(registration.message_class, {"user_id": owner, **own})  # type: ignore[arg-type]
        named = [name for sql in statements for name in re.findall(r"public\.(\w+)", sql)]
        relations = {re.sub(r"_fresh(_list)?$", "_view", name) for name in named}
        assert relations == set(registration.handler.reads), registration.type_name


async def changes(house: Clone) -> AsyncIterator[Done]:
    """Every command once, so that it changes all that it can; what comes before it is done when it is asked for."""
    yield domain.CreateUserCommand, {**USER, "email": "new@example.com"}, "system"
    user_id = await house.user()
    own = {"user_id": user_id}
    yield domain.UpdateUserCommand, {**own, "name": "Augusta"}, None
    for kind in (VOICE, FACE):
        yield kind.create, {**own, **kind.new}, None
        unfinished = [await kind.given_unfinished(house, user_id) for _ in range(3)]
        yield kind.complete, kind.naming(user_id, unfinished[0], **kind.completed), "system"
        yield kind.complete, kind.naming(user_id, unfinished[1], **kind.completed), "system"
        yield kind.activate, kind.naming(user_id, unfinished[1]), None
        yield kind.fail, kind.naming(user_id, unfinished[2], **FAILURE), "system"
    yield domain.UploadDocumentCommand, {**own, **DOCUMENT}, None
    document = {**own, "document_id": await house.document(user_id)}
    yield domain.CompleteDocumentProcessingCommand, {**document, **PROCESSED}, "system"
    yield domain.DeleteDocumentCommand, document, None
    other = {**own, "document_id": await house.document(user_id)}
    yield domain.FailDocumentProcessingCommand, {**other, **FAILURE}, "system"
    start = {**own, "voice_model_id": await house.voice_model(user_id), "llm_provider": "l", "tts_provider": "t"}
    yield domain.StartConversationCommand, start, None
    session = {**own, "session_id": await house.session(user_id)}
    yield domain.RecordConversationTurnCommand, {**session, **TURN}, None
    yield domain.EndConversationCommand, session, None
    yield domain.DeleteUserCommand, own, None


async def test_commands_change_the_tables_that_their_events_say(house: Clone) -> None:
    executed = set()
    async for command, payload, actor in changes(house):
        before = await house.everything()
        result = await house.do(command, payload, actor=actor, at=after(seconds=61))
        (event,) = (result.unwrap(), result.events)[1]
        now = await house.everything()
        assert {table for table in TABLES if now[table] != before[table]} == TABLES_OF_EVENT[event.event_type]
        executed.add(command.type_name)
        assert event.payload.user_id == payload.get("user_id", event.payload.user_id)
    assert executed == {registration.type_name for registration in house.commands.registrations}
