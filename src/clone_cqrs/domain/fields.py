"""The clone's field types: the rules and the ranges of the columns, so that a bad value never reaches the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from clone_cqrs.messages import Payload

MAX_INTEGER = 2**31 - 1
MAX_BIGINT = 2**63 - 1
MAX_COST = 10**15
"""Costs stay below it: see the check on conversation_turns."""


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("should not be blank")
    return value


def _email(value: str) -> str:
    local, at, domain = value.partition("@")
    if not (local and at and domain) or "@" in domain or value.split() != [value]:
        raise ValueError("should be an email address: one @, no spaces")
    return value


def _password(value: SecretStr) -> SecretStr:
    # Not Field(min_length=8): pydantic would speak of items.
    if not 8 <= len(value) <= 128:
        raise ValueError("should have 8 to 128 characters")
    return value


def absent_means(default: Any) -> BeforeValidator:
    """null says the same as leaving an optional field out."""
    return BeforeValidator(lambda value: default if value is None else value)


Text: TypeAlias = Annotated[str, Field(max_length=10_000), AfterValidator(_not_blank)]
LongText: TypeAlias = Annotated[str, Field(max_length=100_000), AfterValidator(_not_blank)]
"""What was said, or answered, in a turn."""
Texts: TypeAlias = tuple[Text, ...]
SomeTexts: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1)]
Email: TypeAlias = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Password: TypeAlias = Annotated[
    SecretStr, AfterValidator(_password), Field(json_schema_extra={"minLength": 8, "maxLength": 128})
]

Count: TypeAlias = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
PositiveInteger: TypeAlias = Annotated[int, Field(gt=0, le=MAX_INTEGER)]
Size: TypeAlias = Annotated[int, Field(gt=0, le=MAX_BIGINT)]
"""In bytes."""
Milliseconds: TypeAlias = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
Score: TypeAlias = Annotated[Decimal, Field(ge=0, le=100)]
Cost: TypeAlias = Annotated[Decimal, Field(ge=0, lt=MAX_COST)]

PageSize: TypeAlias = Annotated[int, Field(ge=1, le=100), absent_means(20)]
Cursor: TypeAlias = Annotated[str, Field(max_length=200)]
"""Opaque; from the `next_cursor` of a page."""

SubscriptionTier: TypeAlias = Literal["free", "pro", "enterprise"]
VoiceProvider: TypeAlias = Literal["xtts-v2", "google-cloud-tts", "openai-tts"]
MediaType: TypeAlias = Literal["images", "video"]
DocumentStatus: TypeAlias = Literal["pending", "processing", "completed", "failed"]
SessionState: TypeAlias = Literal["active", "ended"]


class Resolution(Payload):
    """In pixels."""

    width: PositiveInteger
    height: PositiveInteger
