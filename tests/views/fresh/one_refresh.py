"""A process that refreshes one view, and sweeps it: `python -m tests.views.fresh.one_refresh DSN VIEW`."""

import asyncio
import sys

from clone_cqrs.postgres import Database
from clone_cqrs.views import refresh_view


async def main(dsn: str, view: str) -> None:
    async with Database.open(dsn) as database:
        await refresh_view(database, view)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
