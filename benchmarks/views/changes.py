"""Changes recorded by writes, as many as wanted, over a half of the users: the other half stays unchanged."""

from __future__ import annotations

import math
from dataclasses import dataclass

import asyncpg

from benchmarks.views.rows import CHANGED_OF_HEAVY, CHANGING, REGULAR_SESSIONS

# In an order that has nothing to do with how rows lie; the heavy user first, so that any number of changes has theirs.
_CHOSEN = f"""
CREATE TEMPORARY TABLE chosen AS
SELECT s.id, s.user_id, u.number, row_number() OVER (ORDER BY u.number <> {CHANGING}, hashint8(u.number), s.id) AS place
FROM (SELECT id, ('x' || right(id::text, 12))::bit(48)::bigint AS number FROM users) AS u
JOIN LATERAL (
    SELECT * FROM conversation_sessions WHERE user_id = u.id AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT
        CASE u.number WHEN {CHANGING} THEN {CHANGED_OF_HEAVY} ELSE {REGULAR_SESSIONS} END
) AS s ON true
WHERE u.number % 4 >= 2
"""
_TOUCH_SESSIONS = """
UPDATE conversation_sessions SET tts_provider = tts_provider WHERE id IN (SELECT id FROM chosen WHERE place <= $1)
"""
_TOUCH_USERS = "UPDATE users SET name = name WHERE id IN (SELECT user_id FROM chosen WHERE place <= $1)"


@dataclass(frozen=True)
class Changed:
    """users: those all of whose sessions are changed; changes: recorded by now, in the fullest table of changes."""

    users: frozenset[int]
    changes: int


async def choose(connection: asyncpg.Connection) -> None:
    """Decide what is going to change, and in which order. Once for each connection."""
    await connection.execute(_CHOSEN)
    await connection.execute("CREATE UNIQUE INDEX ON pg_temp.chosen (place); ANALYZE pg_temp.chosen")


async def record(connection: asyncpg.Connection, wanted: int) -> Changed:
    """At least so many changes of sessions and of users, on top of an empty table, by statements that change many rows."""
    if wanted == 0:
        return Changed(frozenset(), 0)
    last = min(wanted, await connection.fetchval("SELECT count(*) FROM pg_temp.chosen"))
    for _ in range(math.ceil(wanted / last)):
        await connection.execute(_TOUCH_SESSIONS, last)
    users = await connection.fetchval("SELECT count(DISTINCT user_id) FROM pg_temp.chosen WHERE place <= $1", last)
    for _ in range(math.ceil(wanted / users) - math.ceil(wanted / last)):
        await connection.execute(_TOUCH_USERS, last)
    most = 0
    for changes in await connection.fetch("SELECT changes::regclass::text AS name FROM cqrs.view"):
        await connection.execute(f"VACUUM ANALYZE {changes['name']}")
        most = max(most, await connection.fetchval(f"SELECT count(*) FROM {changes['name']} WHERE xid IS NOT NULL"))
    await connection.execute("VACUUM ANALYZE users, conversation_sessions")
    whole = await connection.fetch(
        "SELECT number FROM pg_temp.chosen GROUP BY number HAVING max(place) <= $1 AND number <> $2", last, CHANGING
    )
    return Changed(frozenset(row["number"] for row in whole), most)
