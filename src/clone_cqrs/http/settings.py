"""HttpSettings: everything that the HTTP face can be told, from code or from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, Self

from clone_cqrs.http.development_key import development_key
from clone_cqrs.messages.wire import MAX_BYTES

PREFIX: Final = "CLONE_CQRS_"
MIN_KEY_BYTES: Final = 32
"""Of HS256: a shorter key is easier to guess than the signature."""
_ENVIRONMENTS: Final = ("development", "production")


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """Settings of the HTTP face. Times are seconds, sizes bytes.

    environment: "development" or "production", where a key must be given; jwt_key: signs and verifies tokens (HS256), at least
    32 bytes; jwt_audience, jwt_issuer: what a token must name; jwt_leeway: by how much clocks may differ; roles_claim: the
    claim that lists the caller's roles; max_body_bytes: of a request; body_timeout: for a request's body to arrive;
    request_timeout: for a command until its COMMIT is sent, and for a query; max_concurrent_requests: more are refused with
    429; cors_origins: that browsers may call from; max_event_streams: connections to GET /events; heartbeat: between signs of
    life on them; max_lag: of a subscription, beyond which /readyz says no (None: its lag is only told); shutdown_timeout: for
    requests in hand to end; documentation: whether /docs and /openapi.json are there.
    Raises: ValueError with everything that is wrong.
    """

    environment: str = "development"
    jwt_key: str = field(default="", repr=False)
    jwt_audience: str = "clone-cqrs"
    jwt_issuer: str = "clone-cqrs"
    jwt_leeway: float = 30.0
    roles_claim: str = "roles"
    max_body_bytes: int = MAX_BYTES
    body_timeout: float = 10.0
    request_timeout: float = 30.0
    max_concurrent_requests: int = 1_000
    cors_origins: tuple[str, ...] = ()
    max_event_streams: int = 1_000
    heartbeat: float = 15.0
    max_lag: float | None = None
    shutdown_timeout: float = 30.0
    documentation: bool = True
    key_is_for_development: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        wrong = [f"{name}: should be more than 0" for name in _POSITIVE if (v := getattr(self, name)) is not None and not v > 0]
        wrong += [f"{name}: should not be negative" for name in ("jwt_leeway",) if getattr(self, name) < 0]
        wrong += [f"{name}: should not be empty" for name in _TEXTS if not getattr(self, name)]
        if self.max_body_bytes > MAX_BYTES:
            wrong.append(f"max_body_bytes: should be at most {MAX_BYTES}, which no message exceeds")
        if self.environment not in _ENVIRONMENTS:
            wrong.append(f"environment: should be {' or '.join(_ENVIRONMENTS)}")
        if self.jwt_key:
            if len(self.jwt_key.encode()) < MIN_KEY_BYTES:
                wrong.append(f"jwt_key: should have at least {MIN_KEY_BYTES} bytes, as from `openssl rand -hex 32`")
        elif self.environment == "production":
            wrong.append(f"jwt_key: is required in production; set {PREFIX}JWT_KEY, as from `openssl rand -hex 32`")
        if wrong:
            raise ValueError("; ".join(wrong))
        if not self.jwt_key:
            object.__setattr__(self, "jwt_key", development_key())
            object.__setattr__(self, "key_is_for_development", True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> Self:
        """Each setting from its variable: CLONE_CQRS_JWT_KEY is jwt_key, and so on; lists are separated by commas.

        given: what is set in code, and goes before the environment. Raises: ValueError with everything that is wrong.
        """
        found, wrong = dict(given), []
        for each in fields(cls):
            text = environment.get(f"{PREFIX}{each.name.upper()}")
            if text is None or not each.init or each.name in given:
                continue
            try:
                found[each.name] = _read(text, each.default)
            except ValueError as error:
                wrong.append(f"{PREFIX}{each.name.upper()}: {error}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(**found)


_TEXTS: Final = ("jwt_audience", "jwt_issuer", "roles_claim")
_POSITIVE: Final = tuple(
    each.name
    for each in fields(HttpSettings)
    if each.name != "jwt_leeway" and (each.default is None or type(each.default) in (int, float))
)


def _read(text: str, default: Any) -> Any:
    """The text as a value of the same kind as the default; None stands for an optional number."""
    assert default is not MISSING
    if isinstance(default, bool):
        if text.lower() not in ("true", "false", "1", "0"):
            raise ValueError("should be true or false")
        return text.lower() in ("true", "1")
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, str):
        return text
    try:
        return int(text) if isinstance(default, int) else float(text)
    except ValueError:
        raise ValueError("should be a number") from None
