"""The consistency token: short, checked, of one database.

Planted bugs, each seen to fail its test: no checksum; other spellings let through.
"""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clone_cqrs.errors import QueryValidationError
from clone_cqrs.events import ConsistencyToken

DATABASE = UUID("0192f0c1-2345-7000-8000-000000000001")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.uuids(), st.integers(min_value=0, max_value=2**63 - 1))
def test_is_read_as_it_was_made(database: UUID, position: int) -> None:
    token = ConsistencyToken.of(database, position)
    again = ConsistencyToken.parse(str(token))
    assert (again, again.position, again.database) == (token, position, token.database)
    assert again.belongs_to(database)
    assert token.startswith("v1.")
    assert len(token) <= 40
    assert set(token[3:]) <= set(ALPHABET)


@given(st.integers(min_value=3, max_value=32), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(index: int, character: str) -> None:
    token = str(ConsistencyToken.of(DATABASE, 12345))
    broken = token[:index] + character + token[index + 1 :]
    if broken != token:
        with pytest.raises(QueryValidationError):
            ConsistencyToken.parse(broken)


@pytest.mark.parametrize(
    "text",
    ["", "v1.", "v2." + "A" * 30, "A" * 33, "v1." + "A" * 30, "v1." + "A" * 29, "v1.\x00", "v1.é", "v1.=", "V1." + "A" * 30],
)
def test_what_is_no_token_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(QueryValidationError) as raised:
        ConsistencyToken.parse(text)
    assert not text or text not in str(raised.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(QueryValidationError):
        ConsistencyToken.parse(text)


def test_a_token_has_one_spelling() -> None:
    token = str(ConsistencyToken.of(DATABASE, 1))
    last = ALPHABET[ALPHABET.index(token[-1]) ^ 1]  # differs in bits that no byte of the token is made of
    for other in (token[:-1] + last, token + "=", token + "==", token + "\n", " " + token, token[:10] + "\n" + token[10:]):
        with pytest.raises(QueryValidationError):
            ConsistencyToken.parse(other)


def test_belongs_to_one_database() -> None:
    assert not ConsistencyToken.of(DATABASE, 1).belongs_to(uuid4())
