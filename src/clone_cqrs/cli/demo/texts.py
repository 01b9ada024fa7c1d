"""What the demo says at its beginning and at its end."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

TITLE = Text.assemble(("\nclone-cqrs", "bold"), "  commands in, fresh views out\n")


def _program() -> str:
    """How the user calls this program."""
    return "clone-cqrs" if shutil.which("clone-cqrs") else os.path.relpath(sys.argv[0])


def goodbye(seconds: float) -> RenderableType:
    """How long it took, and what to try next."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(style="dim")
    program = _program()
    following = (
        (f"{program} --help", "every command; each has its own --help"),
        (f"{program} import FILE --rejects refused.jsonl", "commands of your own, and why some were refused"),
        ("make test", "the tests, on real PostgreSQL servers"),
        ("docs/tutorial.md", "a domain of your own: command, event, view, query"),
        ("ARCHITECTURE.md", "one command, step by step, with file names"),
    )
    for what, why in following:
        table.add_row(what, why)
    return Group(Text.assemble("All of it took ", (f"{seconds:.1f} s", "bold"), ". What to try next:\n"), table)
