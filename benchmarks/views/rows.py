"""The clone's tables at a given size. A row's id tells its number, so that keys are computed instead of looked up."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

STILL, CHANGING = 1, 2
"""Two users with 5,001 sessions. Of the first none is ever changed, of the second the newest hundred are."""

HEAVY_SESSIONS: Final = 5_001
CHANGED_OF_HEAVY: Final = 100
REGULAR_SESSIONS: Final = 25
"""Of every fiftieth user; the others have two. A session has three turns."""

_TABLES = ("users", "voice_models", "face_models", "knowledge_documents", "conversation_sessions", "conversation_turns")
VIEWS: Final = (
    "user_profile",
    "conversation_session_summary",
    "document_summary",
    "user_statistics",
    "voice_model_summary",
    "face_model_summary",
)
_SEEDED = """
CREATE FUNCTION pg_temp.seeded(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (kind || '0000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
"""
# What a user's k-th newest session is numbered by.
_NUMBER = "n * 8192 + k"
_SEED: Sequence[tuple[str, str]] = (
    (
        "users",
        """
        INSERT INTO users (id, email, name, password_hash, subscription_tier, created_at, updated_at)
        SELECT pg_temp.seeded('a', n), n || '@example.com', 'Ada Lovelace', '$argon2id$', 'free', now(), now()
        FROM generate_series(1, $1::bigint) n
        """,
    ),
    (
        "models",
        """
        INSERT INTO voice_models (id, user_id, provider, audio_samples, status, is_active, model_path, quality_score,
                                  sample_rate, training_duration_ms, created_at, updated_at)
        SELECT pg_temp.seeded('b', n), pg_temp.seeded('a', n), 'xtts-v2', '{a}', 'completed', true, 'm', 90,
               24000, 1, now(), now()
        FROM generate_series(1, $1::bigint) n
        """,
    ),
    (
        "models",
        """
        INSERT INTO face_models (id, user_id, media_type, media_paths, status, is_active, model_path, quality_score,
                                 resolution_width, resolution_height, processing_duration_ms, created_at, updated_at)
        SELECT pg_temp.seeded('b', n), pg_temp.seeded('a', n), 'video', '{a}', 'completed', true, 'm', 90,
               512, 512, 1, now(), now()
        FROM generate_series(2, $1::bigint, 2) n
        """,
    ),
    (
        "documents",
        """
        INSERT INTO knowledge_documents (id, user_id, filename, content_type, storage_path, size_bytes, uploaded_at, updated_at,
                                         status, processed_at)
        SELECT pg_temp.seeded('d', n), pg_temp.seeded('a', n), 'f.txt', 'text/plain', 'p', 1, now(), now(), 'completed', now()
        FROM generate_series(1, $1::bigint) n
        """,
    ),
    (
        "numbers of sessions",
        f"""
        INSERT INTO pg_temp.numbered
        SELECT n, k FROM generate_series(1, $1::bigint) n, LATERAL generate_series(0, CASE
            WHEN n <= {CHANGING} THEN {HEAVY_SESSIONS} WHEN n % 50 = 0 THEN {REGULAR_SESSIONS} ELSE 2 END - 1) k
        """,
    ),
    (
        "sessions",
        f"""
        INSERT INTO conversation_sessions (id, user_id, voice_model_id, face_model_id, llm_provider, tts_provider, started_at)
        SELECT pg_temp.seeded('c', {_NUMBER}), pg_temp.seeded('a', n), pg_temp.seeded('b', n),
               CASE n % 2 WHEN 0 THEN pg_temp.seeded('b', n) END, 'l', 't',
               now() - k * interval '1 day' - n % 80000 * interval '1 s'
        FROM pg_temp.numbered ORDER BY k DESC, n
        """,
    ),
    *(
        (
            "turns",
            f"""
            INSERT INTO conversation_turns (id, session_id, timestamp, user_transcript, system_response, latency_ms, cost)
            SELECT pg_temp.seeded('e', ({_NUMBER}) * 4 + {t}), pg_temp.seeded('c', {_NUMBER}),
                   now() - k * interval '1 day' + {t} * interval '1 minute', 'A question of some length', 'And its answer',
                   n % 1000, 0.01
            FROM pg_temp.numbered ORDER BY k DESC, n
            """,
        )
        for t in range(3)
    ),
)
SEED_STEPS = len(_SEED) + len(VIEWS) + 1


def user(number: int) -> UUID:
    """The id of a user."""
    return UUID(f"a0000000-0000-7000-8000-{number:012x}")


def session(number: int, nth: int = 0) -> UUID:
    """The id of a user's nth newest session."""
    return UUID(f"c0000000-0000-7000-8000-{number * 8192 + nth:012x}")


def is_regular(number: int) -> bool:
    """Whether this user has enough sessions for a page of a list."""
    return number > CHANGING and number % 50 == 0


def may_change(number: int) -> bool:
    """Half of all users: what the measured changes are spread over."""
    return number % 4 >= 2


def some_users(users: int, wanted: Callable[[int], bool], most: int = 2_000) -> list[int]:
    """Users picked at random, in the same way in every run."""
    chance = random.Random(users)
    chosen = (number for number in chance.sample(range(CHANGING + 1, users + 1), users - CHANGING) if wanted(number))
    return [number for number, _ in zip(chosen, range(most), strict=False)]


async def seed(connection: asyncpg.Connection, users: int, step: Callable[[str], None]) -> None:
    """Fill the empty tables, without a trigger, and then the views, as nobody reads them yet, plainly."""
    await connection.execute(_SEEDED)
    await connection.execute("CREATE TEMPORARY TABLE numbered (n bigint, k bigint)")
    followed = await connection.fetch(FOLLOWED)
    for table in _TABLES:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for name, statement in _SEED:
        await connection.execute(statement, *([users] if "$1" in statement else []))
        step(f"{users:,} users: {name}")
    for table in _TABLES:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    await follow(connection, followed)
    await connection.execute("DROP TABLE pg_temp.numbered")
    await connection.execute("VACUUM ANALYZE")
    step(f"{users:,} users: vacuum")
    for view in VIEWS:
        await connection.execute(f"REFRESH MATERIALIZED VIEW {view}_view")
        step(f"{users:,} users: {view}")
    await connection.execute("VACUUM ANALYZE")


FOLLOWED = """
SELECT t.tgrelid::regclass::text AS table, t.tgname AS name
FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND p.pronamespace = 'cqrs'::regnamespace AND t.tgrelid::regclass::text = ANY (
    '{users,voice_models,face_models,knowledge_documents,conversation_sessions,conversation_turns}')
"""
"""The triggers that note changes."""


async def follow(connection: asyncpg.Connection, triggers: Sequence[asyncpg.Record], *, on: bool = True) -> None:
    """Let the triggers note changes, as a migration does, or not."""
    for trigger in triggers:
        how = "ENABLE ALWAYS" if on else "DISABLE"
        await connection.execute(f'ALTER TABLE {trigger["table"]} {how} TRIGGER "{trigger["name"]}"')


async def start_afresh(connection: asyncpg.Connection, views: Sequence[str] = VIEWS) -> None:
    """Views that have everything, and no changes. Plainly: between two measurements nobody reads."""
    for view in views:
        await connection.execute(f"REFRESH MATERIALIZED VIEW {view}_view")
        await connection.fetchval("SELECT cqrs.sweep_changes(name) FROM cqrs.view WHERE name = $1", f"public.{view}_view")
    for view in views:
        await connection.execute(f"VACUUM ANALYZE {view}_view")
    for changes in await connection.fetch("SELECT changes::regclass::text AS name FROM cqrs.view"):
        await connection.execute(f"VACUUM ANALYZE {changes['name']}")
