"""Names of views, with or without a schema, as text that is safe in a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_MAX_BYTES = 63  # PostgreSQL cuts longer names off, silently
_PART = r'(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|"(?:[^"\x00]|"")+")'
_NAME = re.compile(rf"(?:({_PART})\.)?({_PART})")


@dataclass(frozen=True, slots=True)
class ViewName:
    """schema: None where the search path decides; name. Both as the catalog has them, without quotes."""

    schema: str | None
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """A name as SQL reads it: `user_profile_view`, `public.user_profile_view`, `"Odd"."name"`; unquoted is lower case.

        Raises: ValueError for what is no name.
        """
        found = _NAME.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{text!r} is no name of a view: name, schema.name, or either in double quotes")
        schema, name = (None if part is None else _unquoted(part) for part in found.groups())
        if name is None or any(len((part or "").encode()) > _MAX_BYTES for part in (schema, name)):
            raise ValueError(f"{text!r}: a name has at most {_MAX_BYTES} bytes")
        return cls(schema, name)

    @property
    def quoted(self) -> str:
        """For a statement."""
        return ".".join(_quoted(part) for part in (self.schema, self.name) if part is not None)

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()


def _quoted(part: str) -> str:
    doubled = part.replace('"', '""')
    return f'"{doubled}"'
