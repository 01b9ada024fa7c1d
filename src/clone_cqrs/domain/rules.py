"""Which answers and views each event makes untrue.

Not kept by hand for each event: an event says which tables its write changes, and what reads a table is said once, below. Both
are held to the handlers and to the catalog by tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from clone_cqrs.consistency import ConsistencyRule
from clone_cqrs.domain.events import EVENTS
from clone_cqrs.messages import DomainEvent

_SCOPE: Final = "user_id"


class _Readers(NamedTuple):
    """What reads a table, by itself or through a view."""

    queries: tuple[str, ...]
    views: tuple[str, ...]


_PROFILE_AND_STATISTICS: Final = ("user.get_profile", "user.get_statistics")
_READERS: Final[Mapping[str, _Readers]] = {
    "users": _Readers(
        # An empty list is told from a user who is not there.
        (
            "user.get",
            *_PROFILE_AND_STATISTICS,
            "voice_model.list",
            "face_model.list",
            "document.list",
            "conversation.list_sessions",
        ),
        ("user_profile_view", "user_statistics_view"),
    ),
    "voice_models": _Readers(
        (*_PROFILE_AND_STATISTICS, "voice_model.list", "voice_model.get"),
        ("user_profile_view", "user_statistics_view", "voice_model_summary_view"),
    ),
    "face_models": _Readers(
        (*_PROFILE_AND_STATISTICS, "face_model.list", "face_model.get"),
        ("user_profile_view", "user_statistics_view", "face_model_summary_view"),
    ),
    "knowledge_documents": _Readers(
        (*_PROFILE_AND_STATISTICS, "document.list", "document.get"),
        ("user_profile_view", "user_statistics_view", "document_summary_view"),
    ),
    "conversation_sessions": _Readers(
        (
            *_PROFILE_AND_STATISTICS,
            "voice_model.list",
            "voice_model.get",
            "face_model.list",
            "face_model.get",
            "conversation.list_sessions",
            "conversation.get_session",
            "conversation.get_history",
        ),
        (
            "user_profile_view",
            "user_statistics_view",
            "voice_model_summary_view",
            "face_model_summary_view",
            "conversation_session_summary_view",
        ),
    ),
    "conversation_turns": _Readers(
        (
            "user.get_statistics",
            "conversation.list_sessions",
            "conversation.get_session",
            "conversation.get_history",
        ),
        ("user_statistics_view", "conversation_session_summary_view"),
    ),
}

_OTHER_DELAY: Final = 1.0


def _floor(event_type: str, query_types: str, refresh_delay: float) -> ConsistencyRule:
    return ConsistencyRule(event_type, query_types.split(), scope=_SCOPE, refresh_delay=refresh_delay)


FLOOR_CONSISTENCY_RULES: Final = (
    _floor("user.created", "user.get user.get_profile user.get_statistics", 1.0),
    _floor("voice_model.trained", "voice_model.list voice_model.get user.get_profile", 2.0),
    _floor("face_model.created", "face_model.list face_model.get user.get_profile", 2.0),
    _floor("document.processed", "document.list document.get user.get_statistics", 1.0),
    _floor("conversation.started", "conversation.list_sessions conversation.get_session", 0.5),
    _floor("conversation.turn_completed", "conversation.get_session conversation.get_history user.get_statistics", 1.0),
    _floor("conversation.ended", "conversation.list_sessions conversation.get_session user.get_statistics", 2.0),
)
"""The rules of the system that we follow, with their holes: the least that DEFAULT_CONSISTENCY_RULES does."""


def _rule_for(event: type[DomainEvent[Any]], delays: Mapping[str, float]) -> ConsistencyRule:
    event_type = event.type_name or ""
    readers = [_READERS[table] for table in event.tables]
    return ConsistencyRule(
        event_type,
        tuple(dict.fromkeys(query for reader in readers for query in reader.queries)),
        tuple(dict.fromkeys(view for reader in readers for view in reader.views)),
        scope=_SCOPE,
        refresh_delay=delays.get(event_type, _OTHER_DELAY),
    )


DEFAULT_CONSISTENCY_RULES: Final = tuple(
    _rule_for(event, {rule.event_type: rule.refresh_delay for rule in FLOOR_CONSISTENCY_RULES}) for event in EVENTS
)
"""One rule for every event, with every query and view that reads what it changes."""
