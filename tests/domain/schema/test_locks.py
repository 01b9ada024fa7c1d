"""Who adds something to a row and who moves or deletes that row wait for each other.

A change of a view is booked on the owner found through that row, so the owner must not change while it is being booked.
"""

import asyncio
import uuid
from typing import Any

import pytest
from tests.domain.schema import rows
from tests.domain.schema.rows import NOON, Connection
from tests.domain.schema.waiting import wait_until_blocked


class Family:
    """A user with a voice model, a face model and an open session, and another user."""

    def __init__(self) -> None:
        self.user = rows.user()
        self.other = rows.user()
        owner = self.user["id"]
        self.voice_model = rows.voice_model(owner, **rows.trained())
        self.face_model = rows.face_model(owner, **rows.built())
        self.session = rows.session(owner, self.voice_model["id"], face_model_id=self.face_model["id"])

    async def insert(self, connection: Connection) -> None:
        await rows.insert(connection, "users", self.user, self.other)
        await rows.insert(connection, "voice_models", self.voice_model)
        await rows.insert(connection, "face_models", self.face_model)
        await rows.insert(connection, "conversation_sessions", self.session)

    async def add_child(self, connection: Connection, parent_table: str) -> None:
        """Insert something that hangs on the row of the parent table."""
        match parent_table:
            case "users":
                await rows.insert(connection, "knowledge_documents", rows.document(self.user["id"]))
            case "conversation_sessions":
                await rows.insert(connection, "conversation_turns", rows.turn(self.session["id"]))
            case _:
                await rows.insert(connection, "conversation_sessions", self.session | {"id": uuid.uuid4()})

    def id_in(self, table: str) -> uuid.UUID:
        of = {
            "users": self.user,
            "voice_models": self.voice_model,
            "face_models": self.face_model,
            "conversation_sessions": self.session,
        }
        found: uuid.UUID = of[table]["id"]
        return found


@pytest.fixture
async def family(clone: Connection) -> Family:
    family = Family()
    await family.insert(clone)
    return family


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("users", "deleted_at"),
        ("voice_models", "user_id"),
        ("voice_models", "deleted_at"),
        ("face_models", "user_id"),
        ("face_models", "deleted_at"),
        ("conversation_sessions", "user_id"),
        ("conversation_sessions", "deleted_at"),
    ],
)
async def test_moving_or_deleting_a_row_waits_for_what_is_being_added_to_it(
    clone: Connection, other_clone: Connection, observer: Connection, family: Family, table: str, column: str
) -> None:
    value = NOON if column == "deleted_at" else family.other["id"]
    adding = clone.transaction()
    await adding.start()
    await family.add_child(clone, table)

    change = asyncio.create_task(rows.update(other_clone, table, family.id_in(table), **{column: value}))
    await wait_until_blocked(observer, other_clone.get_server_pid(), by=clone.get_server_pid())
    assert not change.done()
    await adding.commit()
    await change


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("users", {"name": "Grace", "conversation_minutes_used": 3}),
        ("voice_models", {"is_active": True}),
        ("face_models", {"is_active": True}),
        ("conversation_sessions", {"state": "ended", "ended_at": NOON}),
    ],
)
async def test_other_changes_do_not_wait(
    clone: Connection, other_clone: Connection, family: Family, table: str, changes: dict[str, Any]
) -> None:
    async with clone.transaction():
        await family.add_child(clone, table)
        await rows.update(other_clone, table, family.id_in(table), **changes)


async def test_a_deletion_that_has_waited_sees_what_was_added(
    clone: Connection, other_clone: Connection, observer: Connection, family: Family
) -> None:
    """So deleting a user takes their things along, in a statement after the one that locked the user."""
    adding = clone.transaction()
    await adding.start()
    await family.add_child(clone, "users")

    async def delete_user() -> None:
        async with other_clone.transaction():
            await rows.update(other_clone, "users", family.user["id"], deleted_at=NOON)
            await other_clone.execute(
                "UPDATE knowledge_documents SET deleted_at = $2 WHERE user_id = $1", family.user["id"], NOON
            )

    deletion = asyncio.create_task(delete_user())
    await wait_until_blocked(observer, other_clone.get_server_pid(), by=clone.get_server_pid())
    await adding.commit()
    await deletion
    assert await observer.fetchval("SELECT count(*) FROM knowledge_documents WHERE deleted_at IS NULL") == 0


async def test_foreign_keys_are_checked_at_once(clone: Connection) -> None:
    """A deferred one would take its lock at the commit, after the change has been booked."""
    deferrable = await clone.fetch("SELECT conname FROM pg_constraint WHERE contype = 'f' AND condeferrable")
    assert deferrable == []
