from decimal import Decimal

from tests.domain.clone import NOON, TURN, Clone, after, code, nobody

from clone_cqrs.domain import (
    DeleteUserCommand,
    GetConversationHistoryQuery,
    GetConversationSessionQuery,
    ListConversationSessionsQuery,
    RecordConversationTurnCommand,
)


async def turn(house: Clone, named: dict[str, object], **fields: object) -> object:
    at = after(seconds=fields.pop("seconds", 0))  # type: ignore[arg-type]
    return (await house.do(RecordConversationTurnCommand, {**TURN, **named, **fields}, at=at)).unwrap().turn_id


async def test_a_session_is_read_with_its_turns_summed_up(house: Clone) -> None:
    user_id = await house.user()
    voice = await house.voice_model(user_id)
    named: dict[str, object] = {"user_id": user_id, "session_id": await house.session(user_id, voice_model_id=voice)}
    await turn(house, named, latency_ms=400, cost=0.1, seconds=1)
    await turn(house, named, latency_ms=401, cost=0.2, seconds=2)
    session = (await house.ask(GetConversationSessionQuery, named)).unwrap()
    assert session.model_dump() == {
        "id": named["session_id"],
        "user_id": user_id,
        "started_at": NOON,
        "ended_at": None,
        "duration_seconds": 0,
        "state": "active",
        "llm_provider": "gemini-flash",
        "tts_provider": "xtts-v2",
        "voice_model_id": voice,
        "face_model_id": None,
        "turn_count": 2,
        "avg_latency_ms": Decimal("400.5"),
        "total_cost": Decimal("0.3"),
        "first_turn_at": after(seconds=1),
        "last_turn_at": after(seconds=2),
    }


async def test_a_session_without_turns_has_nothing_to_sum_up(house: Clone) -> None:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    session = (await house.ask(GetConversationSessionQuery, named)).unwrap()
    assert (session.turn_count, session.avg_latency_ms, session.total_cost) == (0, None, None)
    assert (session.first_turn_at, session.last_turn_at) == (None, None)


async def test_sessions_are_listed_newest_first_between_two_times(house: Clone) -> None:
    user_id = await house.user()
    voice = await house.voice_model(user_id)
    sessions = [await house.session(user_id, voice_model_id=voice, at=after(hours=hours)) for hours in (1, 3, 2)]

    async def listed(**filters: object) -> list[object]:
        page = (await house.ask(ListConversationSessionsQuery, {"user_id": user_id, **filters})).unwrap()
        return [session.id for session in page.items]

    assert await listed() == [sessions[1], sessions[2], sessions[0]]
    assert await listed(start_date=after(hours=2)) == [sessions[1], sessions[2]]
    assert await listed(end_date=after(hours=3)) == [sessions[2], sessions[0]]
    assert await listed(start_date=after(hours=1), end_date=after(hours=2)) == [sessions[0]]
    assert await listed(start_date=after(hours=3), end_date=after(hours=1)) == []


async def test_a_history_is_read_oldest_first_in_pages(house: Clone) -> None:
    user_id = await house.user()
    named: dict[str, object] = {"user_id": user_id, "session_id": await house.session(user_id)}
    turns = [await turn(house, named, seconds=seconds) for seconds in (3, 1, 2)]
    page = (await house.ask(GetConversationHistoryQuery, {**named, "page_size": 2})).unwrap()
    assert [each.id for each in page.items] == [turns[1], turns[2]]
    assert page.items[0].model_dump() == {
        "id": turns[1],
        "session_id": named["session_id"],
        "timestamp": after(seconds=1),
        "user_transcript": "Hello?",
        "system_response": "Hello!",
        "latency_ms": 500,
        "cost": Decimal("0.01"),
        "retrieved_chunks": ("c1",),
    }
    rest = (await house.ask(GetConversationHistoryQuery, {**named, "cursor": page.next_cursor})).unwrap()
    assert ([each.id for each in rest.items], rest.next_cursor) == ([turns[0]], None)


async def test_a_session_without_turns_has_an_empty_history(house: Clone) -> None:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    assert (await house.ask(GetConversationHistoryQuery, named)).unwrap().items == ()


async def test_conversations_of_others_of_nobody_and_of_the_deleted_are_not_found(house: Clone) -> None:
    user_id, other, gone = [await house.user() for _ in range(3)]
    theirs, lost = await house.session(other), await house.session(gone)
    for owner, session_id in ((other, theirs), (gone, lost)):
        await turn(house, {"user_id": owner, "session_id": session_id})
    await house.do(DeleteUserCommand, {"user_id": gone})
    for owner, session_id in ((user_id, theirs), (user_id, nobody()), (gone, lost), (nobody(), theirs)):
        named = {"user_id": owner, "session_id": session_id}
        for roles in ((), ("admin",)):
            assert code(await house.ask(GetConversationSessionQuery, named, roles=roles)) == "not_found"
            assert code(await house.ask(GetConversationHistoryQuery, named, roles=roles)) == "not_found"
    for nowhere in (gone, nobody()):
        assert code(await house.ask(ListConversationSessionsQuery, {"user_id": nowhere})) == "not_found"
