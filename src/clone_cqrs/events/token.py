"""The consistency token: the position that a write returned. It gives no rights, is no secret, and survives HTTP."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2s
from typing import Self
from uuid import UUID

from clone_cqrs.errors import QueryValidationError

_PREFIX = "v1."
_DATABASE_BYTES = 8
_POSITION_BYTES = 8
_CHECK_BYTES = 6
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class ConsistencyToken(str):
    """`v1.` and 30 url-safe characters: 8 bytes of the database's id, 8 of the position, 6 of a checksum over both.

    position: inclusive, in the log of the database that made it.
    """

    __slots__ = ("database", "position")

    database: bytes
    position: int

    @classmethod
    def of(cls, database_id: UUID, position: int) -> Self:
        """The token for "position and all before it" in a database."""
        body = database_id.bytes[:_DATABASE_BYTES] + position.to_bytes(_POSITION_BYTES, "big")
        token = cls(_PREFIX + _spelled(body + _check(body)))
        token.database = body[:_DATABASE_BYTES]
        token.position = position
        return token

    @classmethod
    def parse(cls, text: str) -> Self:
        """The token that a text is. Raises: QueryValidationError where it is damaged, or of a version that is not known."""
        if isinstance(text, cls):
            return text
        encoded = text.removeprefix(_PREFIX)
        try:
            if encoded == text or not text.isascii():
                raise ValueError
            raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
            body, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
            if len(body) != _DATABASE_BYTES + _POSITION_BYTES or check != _check(body):
                raise ValueError
            if _spelled(raw) != encoded:
                raise ValueError  # base64 leaves some bits of the last character, and the padding, open
        except (ValueError, binascii.Error):
            raise QueryValidationError("consistencyToken: is damaged, or not a token of this system") from None
        token = cls(text)
        token.database = body[:_DATABASE_BYTES]
        token.position = int.from_bytes(body[_DATABASE_BYTES:], "big")
        return token

    def belongs_to(self, database_id: UUID) -> bool:
        """Whether it was made by this database."""
        return self.database == database_id.bytes[:_DATABASE_BYTES]


def _spelled(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).decode("ascii").rstrip("=")


def _check(body: bytes) -> bytes:
    return blake2s(body, digest_size=_CHECK_BYTES, person=b"cqrs-tkn").digest()
