"""What the demo says at its beginning and at its end."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

TITLE = Text.assemble(("\nclone-cqrs", "bold"), "  commands in, fresh views out\n")

_NEXT = (
    ("make test", "the tests, on real PostgreSQL servers"),
    ("clone-cqrs --help", "every command; each has its own --help"),
    ("clone-cqrs import FILE --rejects refused.jsonl", "commands of your own, and why some were refused"),
    ("docs/tutorial.md", "your first domain: a command, an event, a view, a query"),
    ("ARCHITECTURE.md", "what happens to one command, step by step, with file names"),
)


def goodbye(seconds: float) -> RenderableType:
    """How long it took, and what to try next."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(style="dim")
    for what, why in _NEXT:
        table.add_row(what, why)
    return Group(Text.assemble("All of it took ", (f"{seconds:.1f} s", "bold"), ". What to try next:\n"), table)
