"""The options that every command spells alike."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

CLONE = "clone_cqrs.domain:open_clone"

App: TypeAlias = Annotated[
    str,
    typer.Option(
        "--app",
        metavar="MODULE:NAME",
        help="The application: an Application, or a function that takes `dsn` and returns one. Default: the clone.",
        show_default=False,
    ),
]
Dsn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        envvar="DATABASE_URL",
        metavar="DSN",
        help="PostgreSQL, as postgresql://user@host:5432/database. Without one: the embedded server of this user.",
        show_default=False,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one line of JSON on stdout, and nothing else there.")]
Unmasked: TypeAlias = Annotated[bool, typer.Option("--unmasked", help="Show personal data, too.")]
