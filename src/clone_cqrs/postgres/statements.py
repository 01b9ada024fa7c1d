"""SQL from files: one statement each, beside the code that runs it."""

from __future__ import annotations

from importlib.resources import files


def statement(package: str, name: str) -> str:
    """The text of `sql/<name>.sql` in a package, without its leading comment lines (they are for people)."""
    text = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    lines = text.splitlines()
    while lines and (lines[0].startswith("--") or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)
