"""One request and its answer, on bare ASGI: what every endpoint here reads and writes."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from clone_cqrs.errors import CqrsError
from clone_cqrs.http.errors import BodyTooLargeError, SlowRequestError
from clone_cqrs.http.problems import problem_of

Headers = tuple[tuple[bytes, bytes], ...]

SECURITY_HEADERS: Final[Headers] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
JSON: Final[Headers] = ((b"content-type", b"application/json"),)
_CLOSE: Final = (b"connection", b"close")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


class ClientGoneError(Exception):
    """The caller hung up before the request was whole: nobody is there to be answered."""


class Exchange:
    """headers: of the request, by lower-case name, the last one of each; correlation_id: answered as X-Request-ID;
    status: of the answer, once it is sent.
    """

    __slots__ = ("_receive", "_send", "correlation_id", "headers", "scope", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.correlation_id = ""
        self.started = False
        self.status: int | None = None

    def header(self, name: bytes) -> str | None:
        """A header's text, by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def given_correlation_id(self) -> str | None:
        """What the caller calls this request: its X-Request-ID, else the trace id of its traceparent."""
        given = self.header(b"x-request-id")
        if given is None and (traceparent := self.header(b"traceparent")) is not None:
            trace = _TRACEPARENT.fullmatch(traceparent)
            return None if trace is None else trace[1]
        return given

    def parameters(self) -> dict[str, str]:
        """The parameters of the address, the last one of each name."""
        text: bytes = self.scope["query_string"]
        return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)) if text else {}

    async def body(self, max_bytes: int, within_s: float) -> bytes:
        """The request's body, which is never held beyond `max_bytes`.

        Raises: BodyTooLargeError, at once where the request announces its size; SlowRequestError; ClientGoneError.
        """
        announced = self.headers.get(b"content-length", b"")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > max_bytes):
            raise BodyTooLargeError(f"a body of at most {max_bytes} bytes is read")
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(within_s):
                while True:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGoneError
                    chunk: bytes = message.get("body", b"")
                    if not (chunks or message.get("more_body", False)):
                        if len(chunk) > max_bytes:
                            raise BodyTooLargeError(f"a body of at most {max_bytes} bytes is read")
                        return chunk
                    size += len(chunk)
                    if size > max_bytes:
                        raise BodyTooLargeError(f"a body of at most {max_bytes} bytes is read")
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            raise SlowRequestError(f"the body did not arrive within {within_s:g} s") from None

    async def answer(self, status: int, body: bytes, headers: Headers = JSON) -> None:
        """Send the whole answer."""
        self.started, self.status = True, status
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    *headers,
                    (b"content-length", str(len(body)).encode()),
                    (b"x-request-id", self.correlation_id.encode()),
                    *SECURITY_HEADERS,
                ],
            }
        )
        await self._send({"type": "http.response.body", "body": body})

    async def hand_over(self, response: ASGIApp) -> None:
        """Let a response of Starlette's kind do the answering."""
        self.started, self.status = True, 200
        await response(self.scope, self._receive, self._send)

    async def refuse(self, error: CqrsError, **more: Any) -> None:
        """Send an error's problem document, with these further members."""
        problem = problem_of(error, **more)
        headers = problem.headers
        if isinstance(error, (BodyTooLargeError, SlowRequestError)):
            # What is left of the body is not read; the connection cannot be used again.
            headers = (*headers, _CLOSE)
        await self.answer(problem.status, problem.body, headers)
