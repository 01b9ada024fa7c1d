"""From a request's body to a message: what the body says, what the address says, and what only the server may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from clone_cqrs.messages import Envelope
from clone_cqrs.messages.wire import checked_json, parse_message, read_message

E_ = TypeVar("E_", bound=Envelope[Any, Any])

MAX_KEY_CHARACTERS: Final = 255
_CANONICAL_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEYS: Final = UUID("6f1d9f0e-6f0b-5c0e-9c33-5d4d5f4e7a10")
"""The name space of command ids that were made from an actor and an Idempotency-Key. It never changes."""


def message_of(body: bytes, cls: type[E_], *, actor: str, key: str | None = None, cursor: str | None = None) -> E_:
    """The message that a request comes to.

    body: the payload, or an envelope: an object with `payload` whose members are all an envelope's. actor: of the token, never
    of the body; key: the Idempotency-Key, which names the command; cursor: goes into the payload. The time is the server's.
    Raises: MalformedMessageError; the class's validation error with all violations.
    """
    parsed = parse_message(body)
    names = _names(cls.kind)
    wrong: list[str] = []
    if "payload" in parsed and parsed.keys() <= names:
        envelope = dict(parsed)
        for spelling in (f"{cls.kind}Type", f"{cls.kind}_type"):
            if envelope.pop(spelling, cls.type_name) != cls.type_name:
                wrong.append(f"{spelling}: differs from the address")
    else:
        envelope = {"payload": parsed}
    if cursor is not None and isinstance(envelope["payload"], Mapping):
        envelope["payload"] = {**envelope["payload"], "cursor": cursor}
    wrong += checked_json(envelope)
    if key is not None:
        _name_command(envelope, key, actor, wrong)
    if "timestamp" in envelope:
        # Checked like everything else, and then replaced: when something happened is not the caller's to say.
        read_message(envelope, cls, actor=actor, found=wrong)
        del envelope["timestamp"]
    return read_message(envelope, cls, actor=actor, found=wrong)


def command_id_of(key: str, actor: str) -> UUID | None:
    """The command id that an Idempotency-Key stands for; None for a key that is none.

    A UUID is the id itself. Any other text is the actor's own name for the command: the same text of another actor is another
    command. Quotes around it, as in a structured header, are not part of it.
    """
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        return None
    return UUID(key) if _CANONICAL_UUID.fullmatch(key) else uuid5(_KEYS, f"{actor}\n{key}")


def _name_command(envelope: dict[str, Any], key: str, actor: str, wrong: list[str]) -> None:
    named = command_id_of(key, actor)
    if named is None:
        wrong.append(f"Idempotency-Key: should have 1 to {MAX_KEY_CHARACTERS} characters")
        return
    for spelling in ("commandId", "command_id"):
        given = envelope.get(spelling)
        if given is None:
            envelope.pop(spelling, None)
        elif not isinstance(given, str) or given.lower() != str(named):
            wrong.append(f"{spelling}: differs from the Idempotency-Key")
            return
    if "commandId" not in envelope and "command_id" not in envelope:
        envelope["commandId"] = str(named)


_FREE: Final = frozenset({"timestamp", "payload", "metadata", "userId", "user_id"})
_BY_KIND: Final = {
    kind: _FREE | {f"{kind}{suffix}" for suffix in ("Id", "_id", "Type", "_type")} for kind in ("command", "query")
}


def _names(kind: str) -> frozenset[str]:
    """The fields of an envelope, in both spellings."""
    return _BY_KIND[kind]
