from tests.domain.clone import DOCUMENT, SESSION, TABLES, TURN, VOICE_MODEL, Clone, after, code, the_event

from clone_cqrs.domain import (
    CreateVoiceModelCommand,
    DeleteUserCommand,
    EndConversationCommand,
    RecordConversationTurnCommand,
    StartConversationCommand,
    UploadDocumentCommand,
)


async def test_deletes_everything_of_the_user_under_one_event(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    for owner in (user_id, other):
        await house.face_model(owner)
        await house.document(owner)
        await house.session(owner)
    result = await house.do(DeleteUserCommand, {"user_id": user_id}, at=after(hours=1))
    assert the_event(result) == ("user.deleted", "user", str(user_id), {"userId": str(user_id)})
    for table in TABLES[:-1]:
        owner_column = "id" if table == "users" else "user_id"
        deleted = {row[owner_column]: row["deleted_at"] for row in await house.rows(table)}
        assert deleted == {user_id: after(hours=1), other: None}, table


async def test_ends_open_sessions_and_counts_their_minutes(house: Clone) -> None:
    user_id = await house.user()
    open_session = await house.session(user_id)
    ended = await house.session(user_id)
    await house.do(EndConversationCommand, {"user_id": user_id, "session_id": ended}, at=after(seconds=60))
    await house.do(DeleteUserCommand, {"user_id": user_id}, at=after(seconds=61, milliseconds=900))
    session = await house.row("conversation_sessions", open_session)
    assert (session["state"], session["duration_seconds"]) == ("ended", 61)
    assert session["ended_at"] == after(seconds=61, milliseconds=900)
    assert (await house.row("conversation_sessions", ended))["ended_at"] == after(seconds=60)
    assert (await house.row("users", user_id))["conversation_minutes_used"] == 1 + 2


async def test_a_session_does_not_end_before_its_start_or_its_last_turn(house: Clone) -> None:
    user_id = await house.user()
    silent = await house.session(user_id, at=after(minutes=5))
    spoken = await house.session(user_id, at=after(minutes=5))
    turn = {**TURN, "user_id": user_id, "session_id": spoken}
    await house.do(RecordConversationTurnCommand, turn, at=after(minutes=7))
    assert (await house.do(DeleteUserCommand, {"user_id": user_id}, at=after(minutes=1))).success
    assert (await house.row("conversation_sessions", silent))["ended_at"] == after(minutes=5)
    assert (await house.row("conversation_sessions", spoken))["ended_at"] == after(minutes=7)


async def test_nothing_is_added_for_a_deleted_user(house: Clone) -> None:
    user_id = await house.user()
    session, model = await house.session(user_id), await house.voice_model(user_id)
    await house.do(DeleteUserCommand, {"user_id": user_id})
    owner = {"user_id": user_id}
    for command, payload in (
        (CreateVoiceModelCommand, VOICE_MODEL),
        (UploadDocumentCommand, DOCUMENT),
        (StartConversationCommand, {**SESSION, "voice_model_id": model}),
        (RecordConversationTurnCommand, {**TURN, "session_id": session}),
        (EndConversationCommand, {"session_id": session}),
        (DeleteUserCommand, {}),
    ):
        assert code(await house.do(command, {**owner, **payload})) == "not_found", command


async def test_an_admin_deletes_whoever_it_is_and_system_does_not(house: Clone) -> None:
    user_id = await house.user()
    assert code(await house.do(DeleteUserCommand, {"user_id": user_id}, actor="system")) == "forbidden"
    command = DeleteUserCommand({"user_id": user_id}, "ops")
    assert (await house.commands.execute(command, roles={"admin"})).success
