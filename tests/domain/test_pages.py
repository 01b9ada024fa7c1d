"""Lists, a page at a time: every row once, in order, whatever comes and goes meanwhile."""

from typing import Any
from uuid import UUID

import pytest
from tests.domain.clone import NOON, TURN, Clone, after, code

from clone_cqrs.domain import (
    DeleteDocumentCommand,
    GetConversationHistoryQuery,
    ListConversationSessionsQuery,
    ListDocumentsQuery,
    ListFaceModelsQuery,
    ListVoiceModelsQuery,
    RecordConversationTurnCommand,
)
from clone_cqrs.messages import Page, Query


async def pages(house: Clone, query: type[Query[Any, Page[Any]]], payload: dict[str, Any], page_size: int) -> list[Page[Any]]:
    found: list[Page[Any]] = []
    while not found or found[-1].next_cursor is not None:
        cursor = found[-1].next_cursor if found else None
        found.append((await house.ask(query, {**payload, "page_size": page_size, "cursor": cursor})).unwrap())
        assert len(found) < 100
    return found


async def cursor_of(house: Clone, query: type[Query[Any, Page[Any]]], payload: dict[str, Any]) -> str:
    page = (await house.ask(query, {**payload, "page_size": 1})).unwrap()
    assert page.next_cursor is not None
    return page.next_cursor


async def tied(house: Clone, user_id: UUID) -> dict[type[Query[Any, Page[Any]]], dict[str, Any]]:
    """Seven rows of everything that is listed, all of the same time; and the payloads that list them."""
    voice = await house.voice_model(user_id)
    session = await house.session(user_id, voice_model_id=voice)
    for _ in range(6):
        await house.voice_model_in_training(user_id)
        await house.session(user_id, voice_model_id=voice)
    for _ in range(7):
        await house.face_model_in_processing(user_id)
        await house.document(user_id)
        turn = {**TURN, "user_id": user_id, "session_id": session}
        (await house.do(RecordConversationTurnCommand, turn)).unwrap()
    own = {"user_id": user_id}
    lists = (ListVoiceModelsQuery, ListFaceModelsQuery, ListDocumentsQuery, ListConversationSessionsQuery)
    return {**dict.fromkeys(lists, own), GetConversationHistoryQuery: {**own, "session_id": session}}


@pytest.mark.parametrize("page_size", [1, 3, 6, 7, 8])
async def test_every_row_comes_once_and_in_order_among_rows_of_one_time(house: Clone, page_size: int) -> None:
    user_id = await house.user()
    for query, payload in (await tied(house, user_id)).items():
        found = await pages(house, query, payload, page_size)
        ids = [item.id for page in found for item in page.items]
        assert ids == sorted(ids, reverse=query is not GetConversationHistoryQuery)
        assert len(set(ids)) == 7
        assert [len(page.items) for page in found] == [page_size] * (7 // page_size) + [7 % page_size] * (7 % page_size > 0)


async def test_rows_that_come_and_go_move_no_page(house: Clone) -> None:
    user_id = await house.user()
    documents = [await house.document(user_id, at=after(minutes=minutes)) for minutes in range(6)][::-1]
    page = (await house.ask(ListDocumentsQuery, {"user_id": user_id, "page_size": 2})).unwrap()
    await house.document(user_id, at=after(hours=1))
    await house.do(DeleteDocumentCommand, {"user_id": user_id, "document_id": documents[1]})
    rest = (await house.ask(ListDocumentsQuery, {"user_id": user_id, "cursor": page.next_cursor})).unwrap()
    assert [each.id for each in (*page.items, *rest.items)] == documents


async def test_page_size_is_20_unless_said_and_may_change_between_pages(house: Clone) -> None:
    user_id = await house.user()
    for _ in range(25):
        await house.document(user_id)
    first = (await house.ask(ListDocumentsQuery, {"user_id": user_id, "page_size": None})).unwrap()
    assert len(first.items) == 20
    rest = {"user_id": user_id, "page_size": 100, "cursor": first.next_cursor}
    assert len((await house.ask(ListDocumentsQuery, rest)).unwrap().items) == 5


async def refused(house: Clone, query: type[Query[Any, Any]], payload: dict[str, Any]) -> None:
    result = await house.ask(query, payload)
    assert code(result) == "validation_failed"
    assert str(result.error).startswith("cursor: ")


async def test_a_cursor_is_bound_to_its_query_and_filters(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    lists = await tied(house, user_id)
    await tied(house, other)
    cursors = {query: await cursor_of(house, query, payload) for query, payload in lists.items()}
    assert len(set(cursors.values())) == 5
    for query, payload in lists.items():
        for other_query, cursor in cursors.items():
            if other_query is not query:
                await refused(house, query, {**payload, "cursor": cursor})
    mine = {"user_id": user_id}
    documents, sessions = cursors[ListDocumentsQuery], cursors[ListConversationSessionsQuery]
    await refused(house, ListDocumentsQuery, {"user_id": other, "cursor": documents})
    await refused(house, ListDocumentsQuery, {**mine, "cursor": documents, "status": "pending"})
    await refused(house, ListConversationSessionsQuery, {**mine, "cursor": sessions, "start_date": NOON})
    await refused(house, ListConversationSessionsQuery, {**mine, "cursor": sessions, "end_date": after(hours=1)})
    filtered = {**mine, "status": "pending"}
    cursor = await cursor_of(house, ListDocumentsQuery, filtered)
    assert (await house.ask(ListDocumentsQuery, {**filtered, "cursor": cursor})).success
    await refused(house, ListDocumentsQuery, {**mine, "status": "failed", "cursor": cursor})


async def test_a_damaged_cursor_is_refused(house: Clone) -> None:
    user_id = await house.user()
    for _ in range(2):
        await house.document(user_id)
    cursor = await cursor_of(house, ListDocumentsQuery, {"user_id": user_id})
    assert all(character.isalnum() or character in "-_" for character in cursor)
    damaged = [cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))]
    for wrong in (
        *damaged,
        "",
        "=",
        "x",
        "é",
        "🙂",
        cursor[:-1],
        cursor + "A",
        cursor + "=",
        cursor + "\n",
        "A" * 48,
        " " + cursor,
    ):
        await refused(house, ListDocumentsQuery, {"user_id": user_id, "cursor": wrong})
