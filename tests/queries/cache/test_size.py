"""The rough size of a value."""

from typing import Any
from uuid import uuid4

from clone_cqrs.messages import Page, Payload
from clone_cqrs.queries.cache.size import approximate_bytes


class Document(Payload):
    id: Any
    text: str


def test_grows_with_what_is_held() -> None:
    short, long = Document(id=uuid4(), text="a"), Document(id=uuid4(), text="a" * 10_000)
    assert approximate_bytes(long) - approximate_bytes(short) == 9_999
    assert approximate_bytes({"a": long}) > approximate_bytes(long)


def test_estimates_a_long_list_from_a_part_of_it() -> None:
    def page(length: int) -> int:
        return approximate_bytes(Page[Document](items=tuple(Document(id=index, text="a" * 1_000) for index in range(length))))

    assert 90 < page(960) / page(10) < 100


def test_ends_for_values_without_an_end() -> None:
    value: list[Any] = []
    value.append(value)
    assert approximate_bytes(value) > 0
