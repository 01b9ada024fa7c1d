"""What is written in a quick way is written as in the thorough one.

Planted bugs, each seen to fail its test: keys in the order of declaration; null kept; a secret kept; a serializer of a field's
own passed over; a result with a list taken for plain.
"""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, computed_field, field_serializer, field_validator

from clone_cqrs.commands import fingerprint
from clone_cqrs.commands.fingerprint import fingerprint_of
from clone_cqrs.commands.stored_form import _reads_back
from clone_cqrs.messages import Payload


class Flat(Payload):
    zebra_id: UUID
    text: str
    apple_count: int
    is_new: bool
    note: str | None = None
    password: SecretStr | None = None


class FlatAndMore(Flat):
    """The same, later, with a field that takes the thorough way."""

    tags: tuple[str, ...] | None = None


def thorough(payload: BaseModel) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_flat_json", lambda _payload: None)
        return fingerprint_of(payload)


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
flat_facts = st.fixed_dictionaries(
    {
        "zebra_id": st.uuids(),
        "text": texts,
        "apple_count": st.integers(-(2**63), 2**63 - 1),
        "is_new": st.booleans(),
        "note": st.none() | texts,
        "password": st.none() | texts,
    }
)


@given(flat_facts)
def test_a_flat_payload_has_the_fingerprint_that_the_thorough_way_gives(facts: dict[str, Any]) -> None:
    payload = Flat(**facts)
    assert fingerprint._flat_json(payload) is not None
    assert fingerprint_of(payload) == thorough(payload) == fingerprint_of(FlatAndMore(**facts))


def test_the_fingerprint_of_a_flat_payload_is_that_of_its_json() -> None:
    zebra = uuid4()
    payload = Flat(zebra_id=zebra, text="ä\n", apple_count=3, is_new=True, password=SecretStr("not this"))
    json = f'{{"appleCount":3,"isNew":true,"text":"ä\\n","zebraId":"{zebra}"}}'
    assert fingerprint_of(payload) == sha256(json.encode()).digest()


class Excludes(Payload):
    text: str
    hidden: str = Field(exclude=True)


class SpellsOut(Payload):
    text: Annotated[str, PlainSerializer(lambda text: text.upper())]


class SpellsOutInAMethod(Payload):
    text: str

    @field_serializer("text")
    def _upper(self, text: str) -> str:
        return text.upper()


class Computes(Payload):
    text: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.text)


class TakesMore(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")
    text: str


@pytest.mark.parametrize(
    "payload",
    [
        Excludes(text="a", hidden="b"),
        SpellsOut(text="a"),
        SpellsOutInAMethod(text="a"),
        Computes(text="a"),
        TakesMore.model_validate({"text": "a", "more": "b"}),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_a_payload_with_a_way_of_its_own_is_written_in_that_way(payload: BaseModel) -> None:
    assert fingerprint_of(payload) == thorough(payload)


class Plain(Payload):
    user_id: UUID
    name: str | None
    count: int
    is_new: bool


class Listed(Payload):
    items: tuple[str, ...]


class Either(Payload):
    """JSON does not tell a UUID from its text."""

    value: UUID | str


class Anything(Payload):
    value: Any


class Trims(Payload):
    name: str

    @field_validator("name")
    @classmethod
    def _trim(cls, name: str) -> str:
        return name[1:]


class Bounded(Payload):
    count: int = Field(gt=0)


class Hidden(Payload):
    name: str = Field("", exclude=True)


class Inside(Payload):
    plain: Plain


@pytest.mark.parametrize("cls", [Listed, Either, Anything, Trims, Bounded, Hidden, Inside, Computes, SpellsOut, TakesMore, int])
def test_what_may_read_back_differently_is_tried(cls: type) -> None:
    assert not _reads_back(cls)


def test_a_payload_of_plain_fields_need_not_be_tried() -> None:
    assert _reads_back(Plain)
