"""What a JSON value from outside may be: bounded in depth, and free of text that PostgreSQL cannot hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isinf, isnan
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from clone_cqrs.errors import MalformedMessageError
from clone_cqrs.messages.strictness import MAX_ITEMS
from clone_cqrs.messages.violations import MAX_VIOLATIONS, path_of

MAX_DEPTH = 32
_LARGEST_BITS = 1024
"""Of a double: a JSON number beyond it means nothing to most readers."""
# A message given as a dict comes from Python and may hold what JSON spells as text; its type's validation sees to these.
_PYTHON_LEAVES = (UUID, date, Decimal, SecretStr)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text if text.isascii() else _UNSTORABLE.search(text) is None


def violations_of_json(value: Any, *, depth: int = 1, secrets: bool = True) -> list[str]:
    """What is wrong in a JSON value, by path from the value itself; empty if nothing is.

    depth: how deep the value itself already lies in its message; secrets: whether it may hold any.
    Raises: MalformedMessageError where it is no JSON at all (NaN, Python objects, keys that are no text) or
    nested deeper than 32.
    """
    found: list[str] = []
    # A stack of our own: the input decides the depth, and must not reach the interpreter's limit.
    stack: list[tuple[Any, tuple[int | str, ...]]] = [(value, ())]
    while stack and len(found) < MAX_VIOLATIONS:
        item, path = stack.pop()
        kind = type(item)
        if kind is str:
            if not is_storable(item):
                found.append(f"{path_of(path)}: should be valid Unicode text without NUL")
        elif item is None or kind is bool:
            continue
        elif kind is int:
            if item.bit_length() > _LARGEST_BITS:
                found.append(f"{path_of(path)}: is out of range")
        elif kind is float:
            if isnan(item):
                raise MalformedMessageError("NaN is not JSON")
            if isinf(item):
                # From the wire it is a number with too large an exponent, or with too many digits: JSON, but beyond any range.
                found.append(f"{path_of(path)}: is out of range")
        elif isinstance(item, Mapping):
            _check_depth(path, depth)
            for key, member in item.items():
                if not isinstance(key, str):
                    raise MalformedMessageError("the keys of an object must be text")
                if not is_storable(key):
                    found.append(f"{path_of((*path, key))}: is not a known field")
                    continue
                stack.append((member, (*path, key)))
        elif isinstance(item, (list, tuple)):
            _check_depth(path, depth)
            if len(item) > MAX_ITEMS:
                found.append(f"{path_of(path)}: should have at most {MAX_ITEMS} items")
            else:
                stack.extend((member, (*path, index)) for index, member in enumerate(item))
        elif isinstance(item, SecretStr) and not secrets:
            found.append(f"{path_of(path)}: should not be a secret")
        elif not isinstance(item, _PYTHON_LEAVES):
            raise MalformedMessageError("a message holds objects, lists, text, numbers, true, false and null only")
    return found


def _check_depth(path: tuple[int | str, ...], depth: int) -> None:
    if len(path) + depth > MAX_DEPTH:
        raise MalformedMessageError(f"nested deeper than {MAX_DEPTH}")
