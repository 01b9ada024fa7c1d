"""`python -m benchmarks messages`: what making a message costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from benchmarks.measure import Contender, Spread, collector_at_rest, take_turns
from benchmarks.report import Line, Report, spread_cells
from clone_cqrs.domain.users.commands import CreateUserCommand
from clone_cqrs.domain.users.events import UserCreated, UserCreatedPayload
from clone_cqrs.messages import uuid7

_COLUMNS = ("us",)


async def run(*, rounds: int, calls: int, step: Callable[[str], None]) -> list[Report]:
    """calls: in each round, of each message."""
    timed: dict[str, Contender] = {
        "command, payload given as a dict (user.create)": _timed(_make_command, calls),
        "payload alone": _timed(_make_payload, calls),
        "event, payload included (user.created)": _timed(_make_event, calls),
        "uuid7": _timed(lambda _user_id: uuid7(), calls),
    }
    for warm_up in timed.values():
        await warm_up(0)
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    lines = [_line(name, samples) for name, samples in figures.items()]
    note = f"Medians and quartiles of {rounds} rounds of {calls:,} each; processor time."
    return [Report("messages", _COLUMNS, lines, note)]


STEPS_EACH_ROUND = 4
"""How often `run` calls `step` in a round."""


def _line(name: str, samples: list[float]) -> Line:
    spread = Spread.of(samples)
    return Line(name, [spread_cells(spread, 2)], {"us": spread})


def _payload(user_id: UUID) -> dict[str, object]:
    return {
        "user_id": user_id,
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "password": "correct horse battery",
        "subscription_tier": "free",
    }


def _make_command(user_id: UUID) -> object:
    return CreateUserCommand(payload=_payload(user_id), user_id="system")


def _make_payload(user_id: UUID) -> object:
    return CreateUserCommand.payload_type.model_validate(_payload(user_id))


def _make_event(user_id: UUID) -> object:
    payload = UserCreatedPayload(user_id=user_id, email="ada@example.com", name="Ada Lovelace", subscription_tier="free")
    return UserCreated(aggregate_id=user_id, payload=payload)


def _timed(make: Callable[[UUID], object], calls: int) -> Contender:
    user_ids = [uuid7() for _ in range(calls)]

    async def once(_round: int) -> float:
        started = time.thread_time()
        for user_id in user_ids:
            make(user_id)
        return (time.thread_time() - started) / calls * 1e6

    return once
