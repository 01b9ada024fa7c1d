"""The questions of these tests, and a handler whose loads wait until they are told to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Payload, Query, QueryResult
from clone_cqrs.queries import BaseQueryHandler, QueryBus

ADA = UUID("0191e4a0-0000-7000-8000-00000000000a")
BOB = UUID("0191e4a0-0000-7000-8000-00000000000b")


class UserId(Payload):
    user_id: UUID


class Filters(Payload):
    tag: str | None = None


class Score(Payload):
    user_id: UUID
    points: int


class GetScore(Query[UserId, Score], type="score.get"): ...


class ListScores(Query[Filters, tuple[Score, ...]], type="score.list"): ...


class GetBag(Query[UserId, dict[str, Any]], type="bag.get"): ...


def score_of(user_id: UUID = ADA, actor: UUID | str | None = None) -> GetScore:
    """A new question of its own; the actor is the user asked about, unless another is named."""
    return GetScore({"user_id": user_id}, user_id if actor is None else actor)


class Scores(BaseQueryHandler[GetScore, Score]):
    """Answers with the points at the start of the load; while `gated`, a load waits for its `Waiting` to be let go."""

    policy = anyone

    def __init__(self) -> None:
        self.points: dict[UUID, int] = {}
        self.gated = False
        self.waiting: list[Waiting] = []
        self.loads = 0

    async def handle(self, query: GetScore) -> QueryResult[Score]:
        self.loads += 1
        user_id = query.payload.user_id
        answer = Score(user_id=user_id, points=self.points.get(user_id, 0))
        if self.gated:
            waiting = Waiting(query, current_caller().user_id)
            self.waiting.append(waiting)
            try:
                await waiting.gate
            finally:
                self.waiting.remove(waiting)
        return self.success(answer)


class Waiting:
    """One load that waits."""

    def __init__(self, query: GetScore, caller: str) -> None:
        self.query = query
        self.caller = caller
        self.gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def go_on(self) -> None:
        self.gate.set_result(None)

    def fail(self, error: Exception) -> None:
        self.gate.set_exception(error)


async def quiet() -> None:
    """Let every task run until it waits for something that only the test can give."""
    for _ in range(20):
        await asyncio.sleep(0)


def scores_on(bus: QueryBus) -> Scores:
    handler = Scores()
    bus.register(GetScore, handler)
    return handler


class Clock:
    """A clock that a test moves."""

    def __init__(self, set_clock: Callable[[Callable[[], float]], None]) -> None:
        self.now = 1_000.0
        set_clock(lambda: self.now)


@asynccontextmanager
async def asked(*coroutines: Any) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Tasks that have all come to a halt; cancelled at the end, if they are still there."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await quiet()
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def new_user() -> UUID:
    return uuid4()
