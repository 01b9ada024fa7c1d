"""Problem documents (RFC 9457): every error as JSON, with its code, and no more than the caller may know."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from clone_cqrs.errors import CqrsError, InternalError, MessageValidationError, PublishError, StorageUnavailableError
from clone_cqrs.http.errors import AuthenticationError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:clone-cqrs:problem:"
RETRY_AFTER_S: Final = 1
_RETRY_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Problem(NamedTuple):
    """A problem document, and the headers that go with it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def problem_of(error: CqrsError, **more: Any) -> Problem:
    """The document of an error. more: further members, which stand in it as they are given."""
    if error.http_status is None:
        # Raised by what only a programmer can mend.
        error = InternalError()
    status = error.http_status or HTTPStatus.INTERNAL_SERVER_ERROR
    document: dict[str, Any] = {
        "type": f"{TYPE_PREFIX}{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": _detail(error),
        "code": error.code,
        "retryable": error.retryable,
    }
    if isinstance(error, MessageValidationError):
        document["violations"] = list(error.violations)
    document.update(more)
    # A lone surrogate in a text of somebody's own must not become a fault of ours.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    body = f"{text}\n".encode("utf-8", "backslashreplace")
    headers: list[tuple[bytes, bytes]] = [(b"content-type", MEDIA_TYPE.encode())]
    if status in _RETRY_LATER:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    if isinstance(error, AuthenticationError):
        headers.append((b"www-authenticate", b'Bearer realm="clone-cqrs"'))
    return Problem(int(status), tuple(headers), body)


def _detail(error: CqrsError) -> str:
    if isinstance(error, StorageUnavailableError) and not error.outcome_unknown:
        return "the database cannot be used now"  # its own text is for those who run the server
    if isinstance(error, PublishError):
        return "the command took effect, but its events could not be published"
    if isinstance(error, InternalError):
        return "something is broken in the server; its log says more"
    return str(error)
