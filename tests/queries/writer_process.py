"""A process of its own that gives a user a point for each line that it reads, and prints the token."""

import asyncio
import sys
from uuid import UUID

from tests.consistency.points import PointsApplication

from clone_cqrs.postgres import Database


async def write(dsn: str, user_id: UUID) -> None:
    async with Database.open(dsn) as database:
        points = PointsApplication(database)
        while await asyncio.to_thread(sys.stdin.readline):
            print((await points.give(user_id)).token, flush=True)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], UUID(sys.argv[2])))
