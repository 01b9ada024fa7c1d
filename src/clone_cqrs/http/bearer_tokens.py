"""Bearer tokens: signed JWTs that say who calls, and in which roles."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import jwt

from clone_cqrs.dispatch.caller import SYSTEM
from clone_cqrs.http.errors import AuthenticationError
from clone_cqrs.http.settings import HttpSettings
from clone_cqrs.messages.envelope import MAX_USER_ID
from clone_cqrs.messages.json_values import is_storable

ALGORITHM: Final = "HS256"
ADMIN: Final = "admin"
_REQUIRED: Final = ["aud", "exp", "iss", "sub"]
_MAX_TOKEN_CHARACTERS: Final = 8_192
_MAX_REMEMBERED: Final = 4_096
DEFAULT_LIFETIME_S: Final = 12 * 3600


class Bearer(NamedTuple):
    """Who calls: the token's subject, its roles, and until when the token says so (seconds since 1970, leeway included)."""

    user_id: str
    roles: frozenset[str]
    until: float


def issue_token(
    settings: HttpSettings, subject: str, *, roles: Collection[str] = (), lifetime: float = DEFAULT_LIFETIME_S
) -> str:
    """A token for `subject`, valid for `lifetime` seconds from now.

    Raises: ValueError for a subject that the server would refuse.
    """
    refused = _refused_subject(subject, frozenset(roles))
    if refused is not None:
        raise ValueError(refused)
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": subject,
        "aud": settings.jwt_audience,
        "iss": settings.jwt_issuer,
        "iat": now,
        "exp": now + int(lifetime),
        settings.roles_claim: sorted(roles),
    }
    return jwt.encode(claims, settings.jwt_key, algorithm=ALGORITHM)


class TokenVerifier:
    """Verifies tokens. What was verified is remembered until it expires: the same token comes with every request."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._known: OrderedDict[str, Bearer] = OrderedDict()

    def bearer_of(self, authorization: str | None) -> Bearer:
        """Whom the Authorization header names. Raises: AuthenticationError, which says what is wrong with the token."""
        if authorization is None:
            raise AuthenticationError("a bearer token is required: Authorization: Bearer ...")
        known = self._known.get(authorization)
        if known is not None and known.until > time.time():
            return known
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise AuthenticationError("the Authorization header should be: Bearer, a space and a token")
        bearer = self._verified(token.strip())
        self._known[authorization] = bearer
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return bearer

    def _verified(self, token: str) -> Bearer:
        settings = self._settings
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise AuthenticationError("the token is too long")
        try:
            claims = jwt.decode(
                token,
                settings.jwt_key,
                algorithms=[ALGORITHM],
                audience=settings.jwt_audience,
                issuer=settings.jwt_issuer,
                leeway=settings.jwt_leeway,
                options={"require": _REQUIRED},
            )
        except Exception as error:
            # Also what the library raises beside its own errors for a token that somebody has made up.
            raise AuthenticationError(_SENTENCES.get(type(error), "the token is not valid")) from None
        roles = claims.get(settings.roles_claim, [])
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise AuthenticationError(f"the token's {settings.roles_claim} should be a list of names")
        subject, held = claims["sub"], frozenset(roles)
        refused = _refused_subject(subject, held)
        if refused is not None:
            raise AuthenticationError(refused)
        return Bearer(subject, held, float(claims["exp"]) + settings.jwt_leeway)


def _refused_subject(subject: str, roles: frozenset[str]) -> str | None:
    if not subject.strip() or len(subject) > MAX_USER_ID or not is_storable(subject):
        return f"the token's subject should be text of 1 to {MAX_USER_ID} characters"
    if subject == SYSTEM and SYSTEM not in roles:
        return f'the subject "{SYSTEM}" needs the role "{SYSTEM}"'
    return None


_SENTENCES: Final[dict[type[BaseException], str]] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is from another issuer",
    jwt.InvalidAlgorithmError: f"the token should be signed with {ALGORITHM}",
    jwt.MissingRequiredClaimError: f"the token should have the claims {', '.join(_REQUIRED)}",
}
