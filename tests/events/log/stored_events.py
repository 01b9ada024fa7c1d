"""Events as versions of the program that are gone have stored them: `fixtures/*.json`, written once, never edited.

Each holds what was `stored` in the log, and the payload as which it is `read` today.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clone_cqrs.postgres import Database

FIXTURES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))
}

_APPEND = """
SELECT positions[1] FROM cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[gen_random_uuid()], ARRAY[$1::text],
    ARRAY['profile'], ARRAY[$2::text], ARRAY[NULL::bigint], ARRAY[now()], ARRAY[$3::jsonb], ARRAY[$4::jsonb])
"""


async def store(database: Database, stored: dict[str, Any], aggregate_id: str = "ada") -> int:
    """Put an event into the log as it is; returns its position."""
    payload, metadata = json.dumps(stored["payload"]), json.dumps(stored["metadata"])
    position: int = await database.fetch_value(_APPEND, stored["event_type"], aggregate_id, payload, metadata)
    return position


def profile_changed(version: object, **payload: object) -> dict[str, Any]:
    """A stored event of a schema version."""
    return {"event_type": "profile.changed", "payload": payload, "metadata": {"schema_version": version}}
