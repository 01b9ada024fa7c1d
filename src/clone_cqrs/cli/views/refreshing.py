"""`views refresh`."""

from __future__ import annotations

import time

from clone_cqrs.cli.application import opened_database
from clone_cqrs.cli.screens import message_screen, print_json, result_screen
from clone_cqrs.cli.views.chosen import chosen_views
from clone_cqrs.views import refresh_view


async def refresh_views(names: tuple[str, ...], app: str, dsn: str | None, as_json: bool) -> None:
    """Refresh them, and print the seconds that each took."""
    seconds = {}
    async with opened_database(app, dsn, workers=False) as application:
        with message_screen().status("") as status:
            for view in chosen_views(application, names):
                status.update(f"refreshing {view.name}")
                began = time.monotonic()
                await refresh_view(application.database, view.name)
                seconds[view.name] = time.monotonic() - began
    if as_json:
        print_json({name: round(taken, 3) for name, taken in seconds.items()})
        return
    for name, taken in seconds.items():
        result_screen().print(f"{name}: refreshed in {taken:.2f} s")
