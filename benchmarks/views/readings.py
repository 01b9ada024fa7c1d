"""The clone's own statements in three readings: the view as it is, the fresh reading, and the definition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

VIEW, FRESH, DEFINITION = "view", "fresh", "definition"
READINGS: Final = (VIEW, FRESH, DEFINITION)
_FRESH = re.compile(r"\bpublic\.(\w+?)_fresh(_list)?\b")


def readings(package: str, name: str) -> dict[str, str]:
    """The statement `sql/<name>.sql` of a folder of the clone, by reading."""
    fresh = statement(f"clone_cqrs.domain.{package}", name)
    return {
        VIEW: _FRESH.sub(r"public.\1_view\2", fresh),
        FRESH: fresh,
        DEFINITION: _FRESH.sub(r"public.\1_definition\2", fresh),
    }


SESSION: Final = readings("conversations", "get_session")
STATISTICS: Final = readings("users", "get_user_statistics")
PROFILE: Final = readings("users", "get_user_profile")
SESSIONS: Final = readings("conversations", "list_sessions")


async def difference(database: Database, texts: Mapping[str, str], asked: Sequence[Sequence[Any]]) -> str | None:
    """What is wrong with the fresh reading while nobody writes: answers that are not the definition's. None when nothing is."""
    different = 0
    for arguments in asked:
        fresh, computed = [await database.fetch(texts[reading], *arguments) for reading in (FRESH, DEFINITION)]
        different += fresh != computed or not computed
    return f"INVALID: {different} of {len(asked)} answers are not the definition's" if different else None
